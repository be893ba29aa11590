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
// Without handlers its user reads and writes, on threads of his own; with them
// the connection works as a server's does. Whoever dials waits in his own
// thread, in poll(2) on the one descriptor: the runtime's pollers see the
// socket only once it is connected. Unlike upstream, which lends each dial an
// operator of a poller and so has the poller's events race with the deadline
// (net_polldesc.go:26). Upstream: net_dialer.go:27 (DialConnection).

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "netpoll/base/result.h"
#include "netpoll/connection/connection.h"
#include "netpoll/connection/handlers.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/os/resolver.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

/// The user's hold on a dialled connection: closes it when it goes, so that
/// none is forgotten with its descriptor open. Moves, never copies.
class DialedConnection {
 public:
  /// Takes over the hold on a started connection.
  explicit DialedConnection(Ref<Connection> connection)
      : connection_(std::move(connection)) {}
  DialedConnection(DialedConnection&&) noexcept = default;
  DialedConnection& operator=(DialedConnection&& other) noexcept {
    std::swap(connection_, other.connection_);
    return *this;
  }
  /// Waits for nobody: a handler that runs goes on, the tear-down follows it.
  ~DialedConnection() {
    if (connection_) connection_->close();
  }

  /// Good until this object goes. Another thread may use it meanwhile, within
  /// the rule of one reader and one writer.
  Connection* operator->() const { return connection_.get(); }
  Connection& operator*() const { return *connection_; }

 private:
  Ref<Connection> connection_;
};

/// How to dial.
struct DialOptions {
  /// For names, addresses and attempts together; 0: no limit of ours.
  std::chrono::milliseconds timeout{0};
  /// The near end, as Address::parse() takes it; "" lets the kernel choose. The
  /// file of a unix socket stays the caller's, to remove.
  std::string local = {};
  /// Copied; they live as long as the connection. What they refer to must live
  /// until it is torn down, which a close callback tells, or the runtime gone.
  Handlers handlers = {};
  ConnectionOptions options = {};
  /// Turns names into addresses; after a time-out it may still run.
  os::Lookup lookup = os::look_up;
};

/// Connects to `address` (see os::resolve) and has a poller of `runtime` read
/// for it. Blocks until connected, refused or late. The addresses of a name are
/// tried in their order; with `local`, those of its family.
///
/// Fails as os::resolve(), socket(2), bind(2), connect(2) — a refusal is
/// std::errc::connection_refused, not upstream's "closed by peer" — or with
/// Errc::dial_timeout, also when the deadline and another failure come
/// together; with Errc::conn_closed when on_prepare closes.
/// Unlike upstream: the timeout counts for unix sockets as well, and
/// SO_BROADCAST, which means nothing to a stream, is not set.
/// [any but the runtime's pollers]
Result<DialedConnection> dial(Runtime& runtime, std::string_view network,
                              std::string_view address,
                              const DialOptions& options = {});
/// The same with only a timeout.
Result<DialedConnection> dial(Runtime& runtime, std::string_view network,
                              std::string_view address,
                              std::chrono::milliseconds timeout);

/// A connection over any connected stream socket, one end of a socketpair(2)
/// for instance. Takes `fd` over, also when it fails: as os::take_connected()
/// does, or with Errc::conn_closed when on_prepare closes. Time-outs work
/// whether or not the ends have addresses, unlike upstream.
/// Upstream: NewFDConnection, net_dialer.go:38. [any]
Result<DialedConnection> adopt(Runtime& runtime, UniqueFd fd,
                               Handlers handlers = {},
                               const ConnectionOptions& options = {});

}  // namespace netpoll
