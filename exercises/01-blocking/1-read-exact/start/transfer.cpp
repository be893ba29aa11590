// SPDX-License-Identifier: Apache-2.0
#include "transfer.h"

#include <unistd.h>

#include <cerrno>

// Both believe that one call does it all. That is often so, and not always.

netpoll::Result<std::size_t> read_exact(int fd, std::span<std::byte> room) {
  const ssize_t got = ::read(fd, room.data(), room.size());
  if (got < 0) return netpoll::fail(netpoll::last_system_error());
  return static_cast<std::size_t>(got);
}

std::error_code write_all(int fd, std::span<const std::byte> bytes) {
  const ssize_t taken = ::write(fd, bytes.data(), bytes.size());
  if (taken < 0) return netpoll::last_system_error();
  return {};
}
