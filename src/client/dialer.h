// SPDX-License-Identifier: Apache-2.0
#pragma once

// Connecting to a server.
//
//    Result<DialedConnection> server = dial(runtime, "tcp", "127.0.0.1:8080");
//    (*server)->writer().write_string("hello\n");
//    (*server)->writer().flush();
//    (*server)->reader().until(std::byte{'\n'});
//
// A dialled connection has no handlers: its user reads and writes, on threads
// of his own. Upstream: net_dialer.go:27 (DialConnection).

#include <chrono>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "connection/connection.h"
#include "connection/runtime.h"

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

/// Connects to `address` (see Address::parse) and has a poller of `runtime`
/// read for it. Blocks until connected, refused or `timeout` is over (0: no
/// limit). Fails as Address::parse(), socket(2), connect(2) — a refusal is
/// std::errc::connection_refused, not upstream's "closed by peer" — or with
/// Errc::dial_timeout. [any but the runtime's pollers]
Result<DialedConnection> dial(Runtime& runtime, std::string_view network,
                              std::string_view address,
                              std::chrono::milliseconds timeout = {});

}  // namespace netpoll
