// SPDX-License-Identifier: Apache-2.0
#pragma once

// A listening socket that no poller watches yet.
//
//    Listener::listen("tcp", "127.0.0.1:0") --+
//                                             +--> EventLoop::serve(listener)
//    Listener::from_fd(inherited) ------------+
//
// Owns its descriptor: no other object closes it, and a second close does
// nothing. Unlike upstream, whose Close closes one number twice and whose
// conversion leaves two descriptors for one socket: net_listener.go:121
// (listener.Close), :42 (ConvertListener).
// close() removes the file of a unix socket that listen() has made, and only
// that very file: not the file that another server has put in its place since,
// not a file that is no socket, not in a forked child (os/socket_file.h).
// Upstream: CreateListener, net_listener.go:28.

#include <optional>
#include <string_view>
#include <utility>

#include "netpoll/base/result.h"
#include "netpoll/os/address.h"
#include "netpoll/os/socket.h"
#include "netpoll/os/socket_file.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

class Listener {
 public:
  /// Listens on `address` (port 0: the kernel picks a free one). Looks a name
  /// up, which blocks, and takes its first IPv4 address or, without one, its
  /// first address. Replaces the file of a unix socket that no server is bound
  /// to any more. Fails as os::resolve(), os::listen_on() and
  /// os::listen_on_file() do; for udp with Errc::unknown_network, unlike
  /// upstream, which makes a listener of udp whose Accept always fails. [any
  /// but a poller]
  ///
  /// Unlike upstream: an empty host is every interface of IPv4 alone; for both
  /// families say "[::]:8080". Other machines can then connect.
  [[nodiscard]] static Result<Listener> listen(std::string_view network,
                                               std::string_view address,
                                               ListenOptions options = {});

  /// A listener over a stream socket that listens already: inherited, or made
  /// elsewhere. Takes `fd` over, also when it fails. Fails as
  /// os::take_listening() does. Such a listener does not remove the file of a
  /// unix socket. Upstream: ConvertListener. [any]
  [[nodiscard]] static Result<Listener> from_fd(UniqueFd fd);

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener() { close(); }

  /// Closes the socket; the kernel then resets the connections that wait to be
  /// accepted. Removes the file of a unix socket that listen() has made. A
  /// second call does nothing. Requires: no thread is in accept(). [any]
  void close();

  /// Accepts the connection that has waited longest; the result is empty when
  /// none waits. Never blocks. Fails as accept4(2) does. Requires: not closed.
  /// [poller]
  [[nodiscard]] Result<std::optional<os::Accepted>> accept();

  /// The address that the socket listens on, with its real port if port 0 was
  /// asked for. Valid also after close(). [any]
  const Address& address() const { return address_; }
  /// The descriptor, which the listener still owns; -1 after close(). [any]
  int fd() const { return fd_.get(); }

 private:
  Listener(UniqueFd fd, const Address& address, os::SocketFile file)
      : fd_(std::move(fd)), address_(address), file_(std::move(file)) {}

  [[nodiscard]] static Result<Listener> over(UniqueFd fd, os::SocketFile file);

  UniqueFd fd_;
  Address address_;
  os::SocketFile file_;  // of a unix socket that listen() has made
};

}  // namespace netpoll
