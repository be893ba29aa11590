// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two connected sockets, and what a client does with its end. One thread of a
// demo plays the server and the clients, in a fixed order, so that its counts
// are the same in each run.

#include <sys/socket.h>

#include <array>
#include <string_view>

#include "netpoll/os/unique_fd.h"

struct Pair {
  netpoll::UniqueFd server;  // non-blocking, as all sockets of a server here
  netpoll::UniqueFd client;
};

inline Pair connected_pair() {
  std::array<int, 2> fds{-1, -1};
  ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data());
  return {netpoll::UniqueFd(fds[0]), netpoll::UniqueFd(fds[1])};
}

inline void send_text(const netpoll::UniqueFd& fd, std::string_view text) {
  static_cast<void>(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL));
}

// Reads all that is there now; returns how many bytes that was.
inline long read_all(const netpoll::UniqueFd& fd) {
  std::array<char, 4096> room;
  long all = 0;
  for (;;) {
    const ssize_t n = ::recv(fd.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (n <= 0) return all;
    all += n;
  }
}
