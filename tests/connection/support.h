// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the connection's tests share: one connection, and the far end of it.

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "netpoll/connection/connection.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/os/address.h"
#include "support/echo.h"
#include "support/net.h"

namespace netpoll::test {

/// Its handlers run on the poller.
inline const RuntimeOptions kInline{.pollers = 1,
                                    .runner = RunBy::inline_on_poller};

/// A connection with a runtime of its own; the test holds the far end. Declare
/// what the handlers use before it: its end waits for the tear-down.
class Served {
 public:
  explicit Served(Handlers handlers, std::size_t workers = 100)
      : Served(std::move(handlers),
               {.pollers = 1, .workers = {.name = "worker", .cap = workers}}) {}
  explicit Served(Handlers handlers, const RuntimeOptions& options,
                  Pair (*make_pair)() = socket_pair)
      : handlers_(std::move(handlers)), runtime_(*Runtime::start(options)) {
    Pair pair = make_pair();
    far_ = std::move(pair.far);
    const auto conn = make_ref<Connection>(*runtime_, std::move(pair.near),
                                           Address(), handlers_);
    conn_ = conn.get();
    held_ = conn;
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() { end(); }

  std::error_code start() {
    started_ = true;
    return conn_->start([this](Connection&) { ++torn_down_; });
  }
  /// Closes from both ends; true once torn down.
  bool end() {
    far_.reset();
    conn_->close();
    return !started_ || wait_torn_down();
  }
  bool wait_torn_down() const {
    return eventually([this] { return torn_down_ > 0; });
  }
  int torn_down() const { return torn_down_; }

  bool send(std::string_view text) const { return send_all(far(), text); }
  std::string receive(std::size_t n) const { return test::receive(far(), n); }
  void half_close() const { ::shutdown(far(), SHUT_WR); }
  void close_far() { far_.reset(); }
  /// The far end is the caller's from now on.
  UniqueFd take_far() { return std::move(far_); }

  int far() const { return far_.get(); }
  Connection& conn() const { return *conn_; }
  Runtime& runtime() const { return *runtime_; }

 private:
  const FdsBalance balance_;
  const Handlers handlers_;
  std::atomic<int> torn_down_{0};
  bool started_ = false;
  std::unique_ptr<Runtime> runtime_;
  UniqueFd far_;
  Connection* conn_ = nullptr;
  Ref<FdOperator> held_;  // as a server's registry holds it: no user's Ref
};

/// A handler that takes everything and does nothing with it.
inline void swallow(Connection& conn) {
  static_cast<void>(conn.reader().skip(conn.reader().size()));
  conn.reader().release();
}

/// `size` bytes, no piece of which looks like another.
inline std::string numbers(std::size_t size) {
  std::string all;
  while (all.size() < size)
    all += std::to_string(all.size()) + ' ';
  all.resize(size);
  return all;
}

/// The kernel would take more bytes for the socket `fd`.
inline bool has_room(int fd) {
  pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, 0) > 0;
}

}  // namespace netpoll::test
