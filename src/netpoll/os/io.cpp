// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/io.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

namespace netpoll::os {
namespace {

ssize_t send_one(int fd, std::span<const std::byte> piece) {
  return ::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL);
}

ssize_t send_many(int fd, IoVecs pieces) {
  std::array<iovec, kIoVecsMax> vectors;
  const std::size_t count = std::min(pieces.size(), vectors.size());
  for (std::size_t i = 0; i < count; ++i) {
    // sendmsg(2) only reads the memory. The const_cast is needed because an
    // iovec, which readv(2) uses too, has no pointer to const.
    vectors[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

Result<Moved> recv(int fd, std::span<std::byte> room) {
  assert(!room.empty());
  for (;;) {
    const ssize_t n = ::recv(fd, room.data(), room.size(), 0);
    if (n > 0) return Moved{.bytes = static_cast<std::size_t>(n)};
    if (n == 0) return Moved{.eof = true};
    if (errno == EAGAIN) return Moved{.again = true};
    if (errno != EINTR) return fail(last_system_error());
  }
}

Result<Moved> sendmsg(int fd, IoVecs pieces) {
  assert(!pieces.empty());
  for (;;) {
    const ssize_t n = pieces.size() == 1 ? send_one(fd, pieces.front())
                                         : send_many(fd, pieces);
    if (n >= 0) return Moved{.bytes = static_cast<std::size_t>(n)};
    if (errno == EAGAIN) return Moved{.again = true};
    if (errno != EINTR) return fail(last_system_error());
  }
}

}  // namespace netpoll::os
