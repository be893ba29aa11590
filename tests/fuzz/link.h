// SPDX-License-Identifier: Apache-2.0
#pragma once

// A connection of this library and the far end of its socketpair. All share one
// Runtime, whose only poller calls the handlers.

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/read_model.h"
#include "fuzz/script.h"
#include "fuzz/stream.h"
#include "netpoll/connection/connection.h"

namespace netpoll::fuzz {

inline Runtime& the_runtime() {
  static const std::unique_ptr<Runtime> runtime =
      *Runtime::start({.pollers = 1, .runner = RunBy::inline_on_poller});
  return *runtime;
}

class Link {
 public:
  Link() {
    std::array<int, 2> fds{};
    const int kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    check(::socketpair(AF_UNIX, kind, 0, fds.data()) == 0, "socketpair");
    far_ = UniqueFd(fds[1]);
    conn_ = make_ref<Connection>(the_runtime(), UniqueFd(fds[0]), Address(),
                                 handlers_);
    const std::error_code error =
        conn_->start([this](Connection&) { finished_.release(); });
    check(!error, "start() fails");
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  Connection& conn() const { return *conn_; }

  /// Sends what the socket takes of `text`, and returns how much that is.
  std::size_t send(std::string_view text) const {
    const ssize_t n = ::send(far_.get(), text.data(), text.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }

  /// `n` bytes, all of which must be in the socket.
  std::string receive(std::size_t n) const {
    std::string text(n, '\0');
    std::size_t got = 0;
    while (got < n) {
      const ssize_t more =
          ::recv(far_.get(), text.data() + got, n - got, MSG_DONTWAIT);
      check(more > 0, "flushed bytes are not in the socket");
      got += static_cast<std::size_t>(more);
    }
    return text;
  }

  /// What is in the socket, some thousand bytes at most.
  std::string receive_some() const {
    std::string text(20'000, '\0');
    const ssize_t n =
        ::recv(far_.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

  /// The far end sends nothing more.
  void shut_far() const { ::shutdown(far_.get(), SHUT_WR); }

  /// Closes both ends, and returns when the library has closed its own.
  void close() {
    conn_->close();
    far_.reset();
    conn_ = nullptr;
    finished_.acquire();
  }

 private:
  const Handlers handlers_;
  UniqueFd far_;
  Ref<Connection> conn_;
  std::binary_semaphore finished_{0};
};

}  // namespace netpoll::fuzz
