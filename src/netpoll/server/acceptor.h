// SPDX-License-Identifier: Apache-2.0
#pragma once

// A listener on a poller: accepts until nobody waits, and hands each on.
//
//    epoll: readable --> on_readable(): accept, accept, … EAGAIN
//                            |   each --> on_accept_(fd, peer)
//                            v
//                        an error, as when no descriptor is left: listen no
//                        more until on_timer(), a moment later.
//
// Unlike upstream: takes all that wait in one turn, not one a turn
// (netpoll_server.go:99). Upstream: server.OnRead.

#include <chrono>
#include <functional>

#include "netpoll/connection/runtime.h"
#include "netpoll/server/listener.h"

namespace netpoll {

class Acceptor final : public FdOperator {
 public:
  using OnAccept = std::function<void(os::Accepted)>;

  /// Calls `on_accept` on the poller's thread for each connection. [init]
  Acceptor(Runtime& runtime, Listener listener, OnAccept on_accept);

  /// Begins to accept. Fails as epoll_ctl(2) does. [init]
  std::error_code start();
  /// Accepts no more and closes the socket. When it returns, on_accept is not
  /// running and will not run again. Once. [not its poller]
  void stop();

  /// Where it listens. [any]
  const Address& address() const { return listener_.address(); }

 private:
  void on_readable() override;
  void on_writable() override {}
  void on_hangup() override;
  void on_timer() override;
  void pause();

  Poller& poller_;
  Listener listener_;  // the poller's; once detached, stop()'s
  const OnAccept on_accept_;
  std::chrono::milliseconds pause_{0};  // the last one's length; poller only
};

}  // namespace netpoll
