// SPDX-License-Identifier: Apache-2.0
#pragma once

// A server: listeners, what to do with their connections, and who is connected.
//
//    auto listener = Listener::listen("tcp", "127.0.0.1:8080");
//    if (!listener) return listener.error();
//    EventLoop loop(runtime, {.on_request = echo});
//    if (const auto error = loop.start(*std::move(listener))) return error;
//    …
//    return loop.shutdown(std::chrono::seconds(10));
//
//    Acceptor --fd--> adopt(): a Connection, first into registry_, then started
//    registry_ <-- forget(): its tear-down is over
//
// Owns its acceptors and, by Ref, its connections. Borrows the runtime.
// Unlike upstream: any number of listeners; a connection is registered before
// it can end, so none stays in the registry for ever (netpoll_server.go:163).
// Upstream: eventLoop, netpoll_unix.go:123; server, netpoll_server.go:28.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/trigger.h"
#include "netpoll/connection/connection.h"
#include "netpoll/server/acceptor.h"
#include "netpoll/server/listener.h"

namespace netpoll {

class EventLoop {
 public:
  /// `runtime` must outlive the loop. [init]
  EventLoop(Runtime& runtime, Handlers handlers,
            ConnectionOptions options = {});
  /// Closes everything at once and waits for handlers that still run.
  /// [none of the runtime's threads]
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Accepts from `listener` from now on. Fails as epoll_ctl(2) does, or with
  /// Errc::conn_closed after a shutdown. [any]
  std::error_code start(Listener listener);
  /// start(), then blocks until shutdown() is over. Returns its result.
  /// Upstream: EventLoop.Serve. [any but the runtime's threads]
  std::error_code serve(Listener listener);

  /// Graceful: listens no more, lets what is under way end, closes what is
  /// quiet. Returns when nobody is connected or, with std::errc::timed_out,
  /// after `limit`; then the busy connections live on until they end or the
  /// loop is destroyed. A second call waits for the same.
  /// [any but the runtime's threads]
  std::error_code shutdown(std::chrono::milliseconds limit);

  /// How many are connected. [any]
  std::size_t active() const;

 private:
  void adopt(os::Accepted accepted);
  void forget(Connection& connection);
  void stop_accepting();
  std::vector<Ref<Connection>> connected() const;
  bool wait_empty(Deadline until) const;

  Runtime& runtime_;
  const Handlers handlers_;
  const ConnectionOptions options_;

  Mutex stop_mutex_;  // one stop_accepting() at a time
  mutable Mutex mutex_;
  mutable std::condition_variable emptied_;  // registry_ is empty
  std::condition_variable over_cv_;          // over_ has turned true
  bool stopping_ NETPOLL_GUARDED_BY(mutex_) = false;
  bool over_ NETPOLL_GUARDED_BY(mutex_) = false;  // a shutdown() has returned
  std::error_code result_
      NETPOLL_GUARDED_BY(mutex_);  // what the first one returned
  std::vector<Ref<Acceptor>> acceptors_ NETPOLL_GUARDED_BY(mutex_);
  // Until its tear-down is over.
  std::unordered_map<Connection*, Ref<Connection>> registry_
      NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll
