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
//    Acceptor --fd--> register_and_start(): into registry_, then start()
//    registry_ <-- unregister(): the connection is finished
//
// How SIGTERM ends a server: netpoll/os/signals.h.
//
// Owns its acceptors and, by Ref, its connections. Borrows the runtime.
// Unlike upstream: any number of listeners; a connection is registered before
// it can end, so none stays in the registry for ever: server.onAccept,
// netpoll_server.go:163.
// Upstream: eventLoop, netpoll_unix.go:136; server, netpoll_server.go:38.

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
  /// A server without a listener yet. `handlers` and `options` are for all its
  /// connections. `runtime` must outlive the loop. [init]
  EventLoop(Runtime& runtime, Handlers handlers,
            ConnectionOptions options = {});
  /// Closes all listeners and connections at once, without lingering, and waits
  /// for handlers that still run. Called inside a handler it would wait for
  /// that handler for ever: it ends the process with a line that says so. [any
  /// but the runtime's threads]
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Accepts connections from `listener` from now on. Fails as epoll_ctl(2)
  /// does, or with Errc::conn_closed once a shutdown has begun. [any]
  [[nodiscard]] std::error_code start(Listener listener);
  /// Does start(), then blocks until shutdown() is over, and returns the result
  /// of shutdown(). Fails as start() does, or with Errc::would_block on a
  /// thread of the runtime, which must not wait. Upstream: EventLoop.Serve,
  /// eventloop.go:27. [any but the runtime's threads]
  [[nodiscard]] std::error_code serve(Listener listener);

  /// Graceful: listens no more, closes each connection between two requests.
  /// Half a message counts as a request under way until no byte of it came for
  /// `grace`. Returns when no connection is left or, with std::errc::timed_out,
  /// after `limit`; then the busy connections live on until they end or the
  /// loop is destroyed. A second call also waits until no connection is left,
  /// by its own `limit`. On a thread of the runtime, inside a handler for
  /// instance, it would wait for itself: it returns Errc::would_block, and
  /// nothing is shut down. [any but the runtime's threads]
  [[nodiscard]] std::error_code shutdown(
      std::chrono::milliseconds limit,
      std::chrono::milliseconds grace = std::chrono::milliseconds(500));

  /// How many connections are not finished: one whose close lingers counts too.
  /// [any]
  std::size_t active() const;

 private:
  // A connection, and a reference that keeps it alive.
  struct Entry {
    Connection* connection;
    Ref<FdOperator> held;
  };

  void register_and_start(os::Accepted accepted);
  void unregister(Connection& connection);
  void stop_accepting();
  std::vector<Entry> connected() const;
  bool wait_empty(Deadline until) const;
  bool close_gradually(Deadline deadline, std::chrono::milliseconds grace);

  Runtime& runtime_;
  const Handlers handlers_;
  const ConnectionOptions options_;

  Mutex stop_mutex_;  // one stop_accepting() at a time
  mutable Mutex mutex_;
  mutable std::condition_variable emptied_;  // registry_ is empty
  std::condition_variable over_cv_;          // over_ has turned true
  bool stopping_ NETPOLL_GUARDED_BY(mutex_) = false;
  // A shutdown() has ended; result_ is what the first one to end returned.
  bool over_ NETPOLL_GUARDED_BY(mutex_) = false;
  std::error_code result_ NETPOLL_GUARDED_BY(mutex_);
  std::vector<Ref<Acceptor>> acceptors_ NETPOLL_GUARDED_BY(mutex_);
  // All connections that are not finished, each with a reference to it.
  std::unordered_map<Connection*, Ref<FdOperator>> registry_
      NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll
