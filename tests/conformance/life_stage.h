// SPDX-License-Identifier: Apache-2.0
#pragma once

// One situation on our library: the scripts of its handlers, its gates, the
// one connection it is about, and the loop that accepted it.
//
//    the peer (learn/conformance/life.py)    a line is "situation|lane|text"
//      | commands        ^ lines
//      v                 |
//    life_driver.cpp > Stage > Script: what a handler or a lane does
//
// A lane is a thread of the user, or a handler: what it says is in order.
// The twin on the original is cmd/life/stage.go.

#include <condition_variable>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/netpoll.h"

namespace netpoll::conformance {

class Stage {
 public:
  explicit Stage(std::string id);
  /// Ends what the situation left open, and waits for all its threads.
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// One command of the peer; false when there is none of that name.
  bool command(const std::string& verb, const std::string& rest);

  // For the scripts.
  void say(std::string_view lane, std::string_view text) const;
  int calls(const std::string& lane) const;
  void wait_open(const std::string& gate) const;
  void add_callback(Connection& conn, const std::string& name);
  Handler handler(const std::string& name);
  std::string shutdown(int ms);
  /// What detach() gave; one script at a time.
  void keep(UniqueFd socket) { kept_ = std::move(socket); }
  const UniqueFd& kept() const { return kept_; }

 private:
  void option(const std::string& name, int ms);
  void serve(const std::string& network, const std::string& address);
  void dial(const std::string& network, const std::string& address, int ms);
  void start_lane(const std::string& lane, const std::string& script);
  void call(const std::string& name, Connection& conn);
  void adopt(Connection& conn);
  Handlers handlers();
  Handler handler_if_scripted(const std::string& name);
  std::optional<std::string> script(const std::string& name) const;
  Connection* connection() const;

  const std::string id_;
  std::unique_ptr<Runtime> runtime_;
  ConnectionOptions options_;
  std::unique_ptr<EventLoop> loop_;
  std::jthread serving_;
  std::optional<DialedConnection> dialed_;
  std::vector<std::jthread> lanes_;
  UniqueFd kept_;

  mutable Mutex mutex_;
  mutable std::condition_variable opened_;
  std::map<std::string, std::string> scripts_ NETPOLL_GUARDED_BY(mutex_);
  std::map<std::string, bool> open_ NETPOLL_GUARDED_BY(mutex_);
  std::map<std::string, int> calls_ NETPOLL_GUARDED_BY(mutex_);
  // The object alone: a Ref<Connection> would be a user's, and would keep a
  // connection whose peer has half-closed.
  Ref<FdOperator> conn_ NETPOLL_GUARDED_BY(mutex_);
};

/// The name of the kind of error, the same in both drivers.
std::string class_of(std::error_code error);

/// Carries out the operations of `script` and says what each came to.
void run_script(Stage& stage, const std::string& lane, Connection& conn,
                const std::string& script);

}  // namespace netpoll::conformance
