// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the demos of this chapter share: two ends of one stream, and a look from
// outside at what the epoll waits for.

#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "netpoll/os/unique_fd.h"

namespace demo {

struct Pair {
  netpoll::UniqueFd near;  // the library gets this one
  netpoll::UniqueFd far;   // the peer; its calls block, 10 s at most
};

inline Pair make_pair() {
  int fds[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return {};
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fds[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return {netpoll::UniqueFd(fds[0]), netpoll::UniqueFd(fds[1])};
}

// The events that the epoll of this process waits for on descriptor `fd`, as
// /proc tells them: EPOLLIN is 1, EPOLLOUT is 4. 0: `fd` is in no epoll.
inline std::uint32_t watched(int fd) {
  namespace fs = std::filesystem;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (read_symlink(entry, gone) != "anon_inode:[eventpoll]") continue;
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    for (std::string word; info >> word;) {
      if (word != "tfd:" || !(info >> word)) continue;
      if (std::stoi(word) != fd) continue;
      info >> word >> word;  // "events:", and the number, in base 16
      return static_cast<std::uint32_t>(std::stoul(word, nullptr, 16));
    }
  }
  return 0;
}

// Looks again and again until `condition` holds; gives up after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace demo
