// SPDX-License-Identifier: Apache-2.0
#pragma once

// A listening socket, not yet on any poller.
//
//    Listener::listen("tcp", "127.0.0.1:0") --> EventLoop::serve(listener)
//
// Owns its descriptor, and removes the file of a unix socket when it closes.
// Upstream: CreateListener, net_listener.go:28.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/address.h"
#include "os/socket.h"
#include "os/unique_fd.h"

namespace netpoll {

class Listener {
 public:
  /// Listens on `address` (see Address::parse; port 0 picks a free one). A
  /// unix socket's file that no server listens on any more is replaced. Fails
  /// as Address::parse(), socket(2), bind(2), listen(2). [any]
  static Result<Listener> listen(std::string_view network,
                                 std::string_view address);

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener() { close(); }

  /// Listens no more. Connections that nobody accepted are reset. A second
  /// call does nothing. [nobody is in accept()]
  void close();

  /// The next waiting connection, or nothing. Never blocks. Fails as
  /// accept4(2) does. [poller]
  Result<std::optional<os::Accepted>> accept();

  /// Where it listens, with the port that was picked. [any]
  const Address& address() const { return address_; }
  /// The descriptor; it stays the listener's. [any]
  int fd() const { return fd_.get(); }

 private:
  Listener(UniqueFd fd, const Address& address)
      : fd_(std::move(fd)), address_(address) {}

  UniqueFd fd_;
  Address address_;
};

}  // namespace netpoll
