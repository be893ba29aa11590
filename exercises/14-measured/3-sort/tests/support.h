// SPDX-License-Identifier: Apache-2.0
#pragma once

// One client, and the learner's handler that serves it.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "frames.h"
#include "netpoll/client/dialer.h"
#include "sort_server.h"
#include "support/net.h"

namespace sort_exercise {

// The first wait that is in vain is long, the later ones are short.
inline std::atomic<bool> g_waited_in_vain{false};

// One connection to the server.
class Client {
 public:
  explicit Client(netpoll::Runtime& runtime)
      : Client(runtime, netpoll::test::socket_pair()) {}

  void ask(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(far_.get(), bytes.data(), bytes.size());
      if (n <= 0) return;  // the server has closed; take() finds out
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // Up to so many bytes; fewer if the server closes or does not answer.
  std::string take(std::size_t size) {
    std::string got(size, ' ');
    got.resize(take_into(got.data(), size));
    return got;
  }
  std::size_t take_into(char* room, std::size_t size) {
    const timeval limit{.tv_sec = g_waited_in_vain ? 0 : 2,
                        .tv_usec = g_waited_in_vain ? 50'000 : 0};
    ::setsockopt(far_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::size_t count = 0;
    while (count < size) {
      const ssize_t n = ::read(far_.get(), room + count, size - count);
      closed_ = n == 0 || (n < 0 && errno == ECONNRESET);
      if (n < 0 && !closed_) g_waited_in_vain = true;
      if (n <= 0) break;
      count += static_cast<std::size_t>(n);
    }
    return count;
  }
  // "right", or what came instead.
  std::string judged(const std::string& expected) {
    const std::string got = take(expected.size());
    if (got == expected) return "right";
    if (got.size() < expected.size()) {
      return std::to_string(got.size()) + " bytes of " +
             std::to_string(expected.size()) + (closed_ ? ", closed" : "");
    }
    return "the answer begins with " + shown(got);
  }
  bool closed() const { return closed_; }

 private:
  Client(netpoll::Runtime& runtime, netpoll::test::Pair pair)
      : far_(std::move(pair.far)),
        served_(*netpoll::adopt(runtime, std::move(pair.near),
                                {.on_request = sort_request})) {}

  netpoll::UniqueFd far_;
  netpoll::DialedConnection served_;
  bool closed_ = false;
};

class SortExercise : public testing::Test {
 protected:
  SortExercise() {
    ::signal(SIGPIPE, SIG_IGN);  // a closed connection fails a test
  }
  void warm_up(const Numbers& numbers) {
    for (int i = 0; i < 4; ++i) {
      client_.ask(frame(numbers));
      ASSERT_EQ(client_.judged(sorted(numbers)), "right");
    }
  }

  const std::unique_ptr<netpoll::Runtime> runtime_ = *netpoll::Runtime::start(
      {.pollers = 1, .runner = netpoll::RunBy::inline_on_poller});
  Client client_{*runtime_};
};

}  // namespace sort_exercise
