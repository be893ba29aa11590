// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which handler ran on which thread, and for which connection.
//
//    A > on_request 1      thread A begins, for connection 1
//    A < on_request 1      it has ended; or
//    A ! on_request 1      it has ended by an exception
//
// A, B, C … and 1, 2, 3 …: in the order in which they first come.

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/connection/connection.h"

class Tracer {
 public:
  /// `handlers`, each of which is written down when it begins and when it ends.
  /// This object must outlive them. [any]
  netpoll::Handlers trace(netpoll::Handlers handlers);
  /// What was written so far, in order. [any]
  std::vector<std::string> lines() const;

 private:
  using Key = const netpoll::Connection*;
  static Key key_of(const netpoll::Connection& conn) { return &conn; }

  netpoll::Handler wrapped(const char* name, netpoll::Handler handler);
  int number_of(netpoll::Connection& conn);
  void forget(const netpoll::Connection& conn);
  void write(char what, const std::string& step);

  mutable netpoll::Mutex mutex_;  // guards all that follows
  std::map<std::thread::id, char> letters_;
  std::map<Key, int> numbers_;  // of the connections that have not gone
  int last_number_ = 0;
  std::vector<std::string> lines_;
};
