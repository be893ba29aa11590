// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the demos of this chapter share: one connection from its start to its
// end, and one printed line for each event.

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <functional>
#include <latch>
#include <string_view>
#include <utility>

#include "netpoll/connection/connection.h"
#include "netpoll/connection/runtime.h"

namespace life {

using netpoll::Connection;
using netpoll::Handler;
using netpoll::Handlers;
using netpoll::UniqueFd;

inline void say(std::string_view line) {
  std::printf("  %.*s\n", static_cast<int>(line.size()), line.data());
}
inline Handler saying(std::string_view line) {
  return [line](Connection&) { say(line); };
}

// Takes all input, so that on_request is not called again for it.
inline void take_all(Connection& conn) {
  static_cast<void>(conn.reader().skip(conn.reader().size()));
}

inline void send_x(const UniqueFd& far) {
  static_cast<void>(::send(far.get(), "x", 1, 0));
}

// Waits for one byte.
inline void receive_x(const UniqueFd& far) {
  pollfd wanted{.fd = far.get(), .events = POLLIN, .revents = 0};
  static_cast<void>(::poll(&wanted, 1, -1));
  char x = 0;
  static_cast<void>(::recv(far.get(), &x, 1, 0));
}

// Two sockets that are connected to each other.
inline std::pair<UniqueFd, UniqueFd> pair() {
  std::array<int, 2> fds{-1, -1};
  ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data());
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Starts a connection, does with the peer's socket what `peer` does, and waits
// until our socket is closed.
inline void run(const char* title, const Handlers& handlers,
                const std::function<void(UniqueFd& far)>& peer) {
  std::puts(title);
  std::latch over(1);
  const auto runtime = *netpoll::Runtime::start({.pollers = 1});
  auto [near, far] = pair();
  auto conn = netpoll::make_ref<Connection>(*runtime, std::move(near),
                                            netpoll::Address(), handlers);
  conn->add_close_callback(saying("close callback, added first"));
  conn->add_close_callback(saying("close callback, added last"));
  if (conn->start([&over](Connection&) { over.count_down(); })) return;
  conn =
      nullptr;  // from here on no user holds it, but for what a handler keeps
  peer(far);
  over.wait();
}

}  // namespace life
