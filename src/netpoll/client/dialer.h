// SPDX-License-Identifier: Apache-2.0
#pragma once

// Connecting to a server.
//
//    auto server = dial(runtime, "tcp", "localhost:8080");
//    if (!server) return server.error();
//    Connection& conn = **server;
//    conn.writer().write_string("hello\n");
//    if (const auto error = conn.writer().flush()) return error;
//    const auto line = conn.reader().until(std::byte{'\n'});
//
//    dial: name --resolve--> addresses --connect_first--> socket --> Connection
//          |============== one deadline over both ==============|
//
// Without handlers the user reads and writes, on threads of the user's own;
// with handlers the connection works as a server's does. dial() sleeps on the
// thread that calls it, in poll(2) on the sockets that are connecting: the
// runtime's pollers see a socket only once it is connected. Unlike upstream,
// which lends each dial an operator of a poller, so that the poller's events
// race with the deadline: net_polldesc.go:66 (pollDesc.WaitWrite).
// Upstream: net_dialer.go:27 (DialConnection).

#include <cassert>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "netpoll/base/ref.h"
#include "netpoll/base/result.h"
#include "netpoll/connection/connection.h"
#include "netpoll/connection/handlers.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/os/resolver.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

/// Owns a dialled connection. The destructor closes the connection, so that
/// none is forgotten with its descriptor open. Can be moved, not copied.
class DialedConnection {
 public:
  /// Owns `connection` from now on. Requires: `connection` is not null.
  explicit DialedConnection(Ref<Connection> connection)
      : connection_(std::move(connection)) {
    assert(connection_);
  }
  DialedConnection(DialedConnection&&) noexcept = default;
  DialedConnection& operator=(DialedConnection&& other) noexcept {
    std::swap(connection_, other.connection_);
    return *this;
  }
  /// Closes the connection, and does not wait: a handler that is running goes
  /// on, and the connection is torn down when that handler has returned.
  ~DialedConnection() {
    if (connection_) connection_->close();
  }

  /// The connection; valid until this object is destroyed. Other threads may
  /// use it too: one thread at a time reads, and one at a time writes.
  Connection* operator->() const { return connection_.get(); }
  Connection& operator*() const { return *connection_; }

 private:
  Ref<Connection> connection_;
};

/// The options of dial().
struct DialOptions {
  /// How long dial() may take in all, to look up the name and to try all its
  /// addresses; 0: no time limit.
  std::chrono::milliseconds timeout{0};
  /// How long after the start of one attempt the next address of the name is
  /// tried as well. When an attempt fails, the next address is tried at once.
  std::chrono::milliseconds attempt_delay{250};
  /// The local address to connect from, as text for Address::parse(); "" leaves
  /// the choice to the kernel. A unix path makes bind(2) create a file; dial()
  /// never removes that file, the caller has to.
  std::string local = {};
  /// The handlers of the connection. dial() copies them, and the copy lives as
  /// long as the connection. What the handlers refer to must live until the
  /// connection is torn down (its close callback runs then) or the runtime is
  /// destroyed.
  Handlers handlers = {};
  ConnectionOptions options = {};
  /// The function that turns names into addresses. One call of it may still be
  /// running when dial() has returned with Errc::dial_timeout.
  os::Lookup lookup = os::look_up;
};

/// Connects to `address`, an address or a name with a port (see os::resolve),
/// and has a poller of `runtime` watch the connection. Blocks until the
/// connection is made or has failed. When a name has several addresses, tries
/// the next one after a failure or after `attempt_delay`, while the attempts
/// before go on. When `options.local` is set, tries only addresses of the same
/// family (IPv4, IPv6) as that one.
///
/// Fails as os::resolve(), socket(2), bind(2), connect(2) do (a refusal is
/// std::errc::connection_refused, not upstream's "closed by peer"); with
/// Errc::dial_timeout, also when the deadline and another failure come
/// together; with Errc::invalid_argument when the name has no address of
/// `options.local`'s family; with Errc::conn_closed when on_prepare closes the
/// connection. Unlike upstream: the timeout limits unix sockets as well, and
/// SO_BROADCAST, which means nothing to a stream socket, is not set.
/// [any but a poller]
[[nodiscard]] Result<DialedConnection> dial(Runtime& runtime,
                                            std::string_view network,
                                            std::string_view address,
                                            const DialOptions& options = {});
/// As the other dial(), with `timeout` and otherwise the default options.
/// [any but a poller]
[[nodiscard]] Result<DialedConnection> dial(Runtime& runtime,
                                            std::string_view network,
                                            std::string_view address,
                                            std::chrono::milliseconds timeout);

/// Makes a connection from `fd`, any connected stream socket, for instance one
/// end of a socketpair(2). Takes over `fd` in any case: on failure closes it.
/// Fails as os::take_connected() does, or with Errc::conn_closed when
/// on_prepare closes the connection. Unlike upstream: time-outs work also when
/// the two sockets have no addresses.
/// Upstream: NewFDConnection, net_dialer.go:38. [any]
[[nodiscard]] Result<DialedConnection> adopt(
    Runtime& runtime, UniqueFd fd, Handlers handlers = {},
    const ConnectionOptions& options = {});
/// adopt() of a socket from which `unread` was read already: by a connection
/// that the socket was detached from, or by a program that looked at the first
/// bytes of a protocol. The new connection reads `unread` before all that the
/// socket brings, and on_request is called for it.
///
///     auto fd = conn.detach();
///     auto unread = conn.reader().slice(conn.reader().size());
///     auto next = adopt(runtime, *std::move(fd), *std::move(unread));
///
/// Upstream has none: its Detach leaves the unread bytes behind. [any]
[[nodiscard]] Result<DialedConnection> adopt(
    Runtime& runtime, UniqueFd fd, Slice unread, Handlers handlers = {},
    const ConnectionOptions& options = {});

}  // namespace netpoll
