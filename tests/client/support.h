// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the client's tests share: lookups that answer as they are told, and a
// socket that is its own peer.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "netpoll/os/resolver.h"
#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll::test {

inline Address tcp(const std::string& text) {
  return *Address::parse("tcp", text);
}

/// A free port of an address that no other test uses; nobody listens there.
inline Address unused_address() {
  const UniqueFd listener = *os::listen_on(tcp("127.77.0.1:0"));
  return *Address::local_of(listener.get());
}

/// Both of its ends are one and the same.
inline UniqueFd self_connected() {
  const Address address = unused_address();
  auto fd = os::connect_to(address, soon(), address);
  EXPECT_TRUE(fd && os::is_self_connected(fd->get()));
  return fd ? *std::move(fd) : UniqueFd();
}

/// Every name has these addresses.
inline os::Lookup answering(os::Addresses addresses) {
  return [addresses = std::move(addresses)](std::string_view, const HostPort&) {
    return Result<os::Addresses>(addresses);
  };
}

}  // namespace netpoll::test
