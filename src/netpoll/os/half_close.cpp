// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/half_close.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace netpoll::os {

std::error_code shutdown_write(int fd) {
  return ::shutdown(fd, SHUT_WR) == 0 ? std::error_code() : last_system_error();
}

std::size_t bytes_unsent(int fd) {
  int bytes = 0;
  if (::ioctl(fd, SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

Result<Moved> discard(int fd) {
  constexpr std::size_t kMax = 1024 * 1024;
  for (;;) {
    // MSG_TRUNC: TCP drops the bytes and copies none of them. Not by ::recv():
    // ThreadSanitizer takes what that one is given for a buffer that it fills,
    // so two threads that discard would have a data race at address 0.
    const ssize_t n =
        ::syscall(SYS_recvfrom, fd, nullptr, kMax, MSG_TRUNC, nullptr, nullptr);
    if (n > 0) return Moved{.bytes = static_cast<std::size_t>(n)};
    if (n == 0) return Moved{.eof = true};
    if (errno == EAGAIN) return Moved{.again = true};
    if (errno != EINTR) return fail(last_system_error());
  }
}

}  // namespace netpoll::os
