// SPDX-License-Identifier: Apache-2.0
#pragma once

// A listening socket, not yet on any poller.
//
//    Listener::listen("tcp", "127.0.0.1:0") --+
//                                             +--> EventLoop::serve(listener)
//    Listener::from_fd(inherited) ------------+
//
// Owns its descriptor; nobody else closes it, and closing twice does nothing.
// Unlike upstream, whose Close closes one number twice and whose conversion
// leaves two descriptors for one socket (net_listener.go:121, :42). Removes the
// file of a unix socket when it closes, if it made the file.
// Upstream: CreateListener, net_listener.go:28.

#include <optional>
#include <string>
#include <string_view>

#include "netpoll/base/result.h"
#include "netpoll/os/address.h"
#include "netpoll/os/socket.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

class Listener {
 public:
  /// Listens on `address` (port 0 picks a free one). A name is looked up,
  /// which blocks, and its first IPv4 address taken, or else its first. A unix
  /// socket's file that no server listens on any more is replaced. Fails as
  /// os::resolve() and os::listen_on() do; unlike upstream udp is refused here,
  /// not at the first accept. [any]
  ///
  /// Unlike upstream: an empty host is every interface of IPv4 alone; for both
  /// families say "[::]:8080".
  static Result<Listener> listen(std::string_view network,
                                 std::string_view address,
                                 ListenOptions options = {});

  /// Over a stream socket that listens already: inherited, or made elsewhere.
  /// Takes `fd` over, also when it fails, as os::take_listening() does. The
  /// file of a unix socket stays. Upstream: ConvertListener. [any]
  static Result<Listener> from_fd(UniqueFd fd);

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
  Listener(UniqueFd fd, const Address& address, bool made_file)
      : fd_(std::move(fd)), address_(address), made_file_(made_file) {}

  UniqueFd fd_;
  Address address_;
  bool made_file_;  // of a unix socket, and so removes it
};

}  // namespace netpoll
