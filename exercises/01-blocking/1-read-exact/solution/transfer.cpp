// SPDX-License-Identifier: Apache-2.0
#include "transfer.h"

#include <unistd.h>

#include <cerrno>

netpoll::Result<std::size_t> read_exact(int fd, std::span<std::byte> room) {
  std::size_t got = 0;
  while (got < room.size()) {
    const ssize_t n = ::read(fd, room.data() + got, room.size() - got);
    if (n == 0) break;  // the end: it will not come back
    if (n > 0) {
      got += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      return netpoll::fail(netpoll::last_system_error());
    }
  }
  return got;
}

std::error_code write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      return netpoll::last_system_error();
    }
  }
  return {};
}
