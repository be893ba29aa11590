// SPDX-License-Identifier: Apache-2.0
#pragma once

// The learner's program as a black box: started, looked at in /proc, and ended.
// client.h talks to it. Every wait is bounded: waiting.h.

#include <string>

class Server {
 public:
  Server();
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// 0 when the program has not said where it listens.
  int port() const { return port_; }
  int threads() const;
  int open_fds() const;
  bool is_asleep() const;
  /// Whether it is, sooner or later, and does not wake again to have a look.
  bool falls_asleep() const;
  /// Whether it has so many descriptors, sooner or later.
  bool comes_to_fds(int wanted) const;
  void stop() const;
  void go_on() const;

 private:
  std::string proc(const char* name) const;
  int sleeps() const;

  int pid_ = -1;
  int port_ = 0;
};
