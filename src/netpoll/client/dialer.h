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

/// Owns a dialled connection, and closes it when destroyed; so no connection is
/// forgotten with its descriptor open. Can be moved, not copied.
class DialedConnection {
 public:
  /// Takes over a started connection.
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
  /// on, and the connection is torn down after it.
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

/// How to dial.
struct DialOptions {
  /// How long dial() may take in all, for names, addresses and attempts
  /// together; 0: no time limit.
  std::chrono::milliseconds timeout{0};
  /// How long an address of a name is tried alone before the next one is tried
  /// as well; an address that fails is followed by the next one at once.
  std::chrono::milliseconds attempt_delay{250};
  /// The address of the near end, as Address::parse() takes it; "" lets the
  /// kernel choose. The file of a unix socket is the caller's to remove.
  std::string local = {};
  /// Copied; the copy lives as long as the connection. What the handlers refer
  /// to must live until the connection is torn down (its close callback runs
  /// then) or the runtime is destroyed.
  Handlers handlers = {};
  ConnectionOptions options = {};
  /// Turns names into addresses. It may still run when dial() has returned
  /// with Errc::dial_timeout.
  os::Lookup lookup = os::look_up;
};

/// Connects to `address` (see os::resolve) and has a poller of `runtime` read
/// from the connection. Blocks until it is connected, or has failed. Several
/// addresses of a name are tried side by side (client/connector.h); with
/// `options.local`, only those of its family.
///
/// Fails as os::resolve(), socket(2), bind(2), connect(2) do (a refusal is
/// std::errc::connection_refused, not upstream's "closed by peer"); with
/// Errc::dial_timeout, also when the deadline and another failure come
/// together; with Errc::invalid_argument when the name has no address of
/// `options.local`'s family; with Errc::conn_closed when on_prepare closes.
/// Unlike upstream: the timeout limits unix sockets as well, and SO_BROADCAST,
/// which means nothing to a stream, is not set. [any but a poller]
[[nodiscard]] Result<DialedConnection> dial(Runtime& runtime,
                                            std::string_view network,
                                            std::string_view address,
                                            const DialOptions& options = {});
/// dial() with `timeout` as its only option. [any but a poller]
[[nodiscard]] Result<DialedConnection> dial(Runtime& runtime,
                                            std::string_view network,
                                            std::string_view address,
                                            std::chrono::milliseconds timeout);

/// A connection over any connected stream socket, one end of a socketpair(2)
/// for instance. Takes `fd` over, also when it fails. Fails as
/// os::take_connected() does, or with Errc::conn_closed when on_prepare closes.
/// Unlike upstream: time-outs work also when the ends have no addresses.
/// Upstream: NewFDConnection, net_dialer.go:38. [any]
[[nodiscard]] Result<DialedConnection> adopt(
    Runtime& runtime, UniqueFd fd, Handlers handlers = {},
    const ConnectionOptions& options = {});
/// adopt() of a socket from which `unread` was read already, by the connection
/// that it was detached from, or by a protocol's first bytes that were looked
/// at: the new connection reads `unread` first, and on_request is called for it.
///
///     netpoll::Connection& old = conn;
///     auto fd = old.detach();
///     auto unread = old.reader().slice(old.reader().size());
///     auto next = netpoll::adopt(runtime, *std::move(fd), *std::move(unread));
///
/// Upstream has none: its Detach leaves the unread bytes behind. [any]
[[nodiscard]] Result<DialedConnection> adopt(
    Runtime& runtime, UniqueFd fd, Slice unread, Handlers handlers = {},
    const ConnectionOptions& options = {});

}  // namespace netpoll
