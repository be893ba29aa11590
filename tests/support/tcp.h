// SPDX-License-Identifier: Apache-2.0
#pragma once

// A connected pair over TCP, for a unix socket knows no reset and few options.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <utility>

#include "netpoll/os/address.h"
#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll::test {

/// As socket_pair(), over TCP.
inline Pair tcp_pair() {
  const auto any = Address::parse("tcp", "127.0.0.1:0");
  const auto listener = os::listen_on(*any);
  const auto address = Address::local_of(listener->get());
  auto near = os::connect_to(*address, kPatience);
  std::optional<os::Accepted> far;
  EXPECT_TRUE(eventually(
      [&] { return (far = *os::accept4(listener->get())).has_value(); }));
  const int flags = ::fcntl(far->fd.get(), F_GETFL);
  ::fcntl(far->fd.get(), F_SETFL, flags & ~O_NONBLOCK);
  limit_waiting(far->fd.get());
  return {std::move(*near), std::move(far->fd)};
}

/// Closes with a reset instead of a goodbye; TCP only.
inline void reset(UniqueFd& fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd.reset();
}

}  // namespace netpoll::test
