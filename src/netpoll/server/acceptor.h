// SPDX-License-Identifier: Apache-2.0
#pragma once

// A listener on a poller: accepts connections and hands each to a function.
//
//    epoll: readable --> on_readable(): accept, accept, … until none waits or
//                            |          kAcceptsPerTurn are accepted
//                            |   each --> on_accept_(fd, peer)
//                            v
//                        an error, for example no descriptor is left: pause()
//
//    pause():    epoll watches the listener no more, a timer is set
//    on_timer(): epoll watches it again; clients wait in the kernel meanwhile
//
// The clients that a turn has left wait for the next turn: epoll reports the
// listener again. So a storm of connections does not starve the other
// descriptors of the poller. Each pause is twice as long as the one before, one
// second at most; the first connection that is accepted ends the growth.
//
// Unlike upstream: up to kAcceptsPerTurn connections in a turn, not one. A
// connection that comes alone costs one accept4(2) more than there, the one
// that finds nobody waiting.
// Upstream: server.OnRead, netpoll_server.go:99.

#include <chrono>
#include <functional>

#include "netpoll/connection/runtime.h"
#include "netpoll/poller/backoff.h"
#include "netpoll/poller/fd_operator.h"
#include "netpoll/poller/poller.h"
#include "netpoll/server/listener.h"

namespace netpoll {

class Acceptor final : public FdOperator {
 public:
  using OnAccept = std::function<void(os::Accepted)>;

  /// How many connections one turn of the poller accepts at most. More clients
  /// wait for the next turn, and do not hold up other descriptors.
  static constexpr int kAcceptsPerTurn = 64;
  /// The length of the first pause after a failed accept.
  static constexpr std::chrono::milliseconds kPauseMin{10};
  /// The length of the longest pause: each further failure doubles the pause,
  /// up to this length.
  static constexpr std::chrono::milliseconds kPauseMax{1000};

  /// An acceptor that no poller watches yet. After start() the poller's thread
  /// calls `on_accept` for each connection. `runtime` must outlive the
  /// acceptor. [init]
  Acceptor(Runtime& runtime, Listener listener, OnAccept on_accept);

  /// Begins to accept. Fails as epoll_ctl(2) does. [init]
  [[nodiscard]] std::error_code start();
  /// Accepts no more and closes the listening socket. When it returns,
  /// on_accept is not running and will not run again. Call it once. [any but
  /// its poller]
  void stop();

  /// The address that the listener listens on. [any]
  const Address& address() const { return listener_.address(); }

 private:
  void on_readable() override;
  void on_writable() override {}
  void on_hangup() override;
  void on_timer() override;
  void pause();

  Poller& poller_;
  Listener listener_;  // used by the poller; after detach() by stop()
  const OnAccept on_accept_;
  Backoff pauses_{kPauseMin, kPauseMax};  // used by the poller alone
};

}  // namespace netpoll
