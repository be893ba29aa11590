// SPDX-License-Identifier: Apache-2.0
#pragma once

// What tests of sockets share: pairs, a blocking far end, counts of open
// descriptors, waiting for what no latch can announce, and the log's lines.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/base/trigger.h"
#include "netpoll/os/unique_fd.h"
#include "support/pause.h"

namespace netpoll::test {

/// Long enough for any machine; only a broken test waits it out.
constexpr std::chrono::seconds kPatience(20);

inline Deadline soon() {
  return Deadline::clock::now() + kPatience;
}

/// Looks until `condition` holds; false when it does not within `limit`.
template <class Condition>
bool within(std::chrono::milliseconds limit, Condition condition) {
  const Deadline end = Deadline::clock::now() + limit;
  for (Pause pause; !condition(); pause()) {
    if (Deadline::clock::now() > end) return false;
  }
  return true;
}

/// Looks until `condition` holds; false when it never does.
template <class Condition>
bool eventually(Condition condition) {
  return within(kPatience, std::move(condition));
}

/// Lets other threads come to what they would do wrongly too early.
inline void give_others_a_chance() {
  for (int i = 0; i < 100; ++i)
    std::this_thread::yield();
}

/// Descriptors of this process.
inline std::ptrdiff_t open_fds() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

/// At its end as many descriptors are open as at its beginning. Declared first,
/// so that it goes last.
class FdsBalance {
 public:
  FdsBalance() = default;
  FdsBalance(const FdsBalance&) = delete;
  FdsBalance& operator=(const FdsBalance&) = delete;
  ~FdsBalance() {
    EXPECT_TRUE(eventually([this] { return open_fds() == before_; }))
        << "open before: " << before_ << ", now: " << open_fds();
  }

 private:
  const std::ptrdiff_t before_ = open_fds();
};

/// Blocking calls on `fd` fail after kPatience rather than hang the test.
inline void limit_waiting(int fd) {
  const timeval limit{.tv_sec = kPatience.count(), .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// A connected pair: `near` is non-blocking, as the library wants it.
struct Pair {
  UniqueFd near;
  UniqueFd far;
};

inline Pair socket_pair() {
  int fds[2] = {-1, -1};
  const int kind = SOCK_STREAM | SOCK_CLOEXEC;
  EXPECT_EQ(::socketpair(AF_UNIX, kind | SOCK_NONBLOCK, 0, fds), 0);
  Pair pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
  const int flags = ::fcntl(pair.far.get(), F_GETFL);
  ::fcntl(pair.far.get(), F_SETFL, flags & ~O_NONBLOCK);
  limit_waiting(pair.far.get());
  return pair;
}

/// Sends all of `text` from a blocking end; false when the other is gone.
inline bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// The next `n` bytes at a blocking end; fewer when the stream ends before.
inline std::string receive(int fd, std::size_t n) {
  std::string text(n, '\0');
  std::size_t got = 0;
  while (got < n) {
    const ssize_t more = ::recv(fd, text.data() + got, n - got, 0);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  text.resize(got);
  return text;
}

/// The other end has finished sending, and all of it has been read.
inline bool at_eof(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, 0) == 0;
}

inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace netpoll::test
