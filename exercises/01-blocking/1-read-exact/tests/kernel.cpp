// SPDX-License-Identifier: Apache-2.0
#include "kernel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace {

Kernel* active = nullptr;

}  // namespace

Kernel::Kernel(std::string_view input)
    : fd_(::open("/dev/null", O_RDWR | O_CLOEXEC)), unread_(input) {
  active = this;
  errno = 0;
}

Kernel::~Kernel() {
  active = nullptr;
  ::close(fd_);
}

Kernel* Kernel::of(int fd) {
  return active != nullptr && active->fd() == fd ? active : nullptr;
}

ssize_t Kernel::next(std::size_t size) {
  if (++calls_ > kTooMany)
    throw std::runtime_error(
        "your loop does not end: 100 calls for a few bytes");
  if (answers_.empty()) return static_cast<ssize_t>(size);
  const int answer = answers_.front();
  answers_.pop_front();
  if (answer >= 0)
    return static_cast<ssize_t>(
        std::min(size, static_cast<std::size_t>(answer)));
  errno = answer == kSignal ? EINTR : EIO;
  return -1;
}

ssize_t Kernel::read(void* room, std::size_t size) {
  const ssize_t n = next(std::min(size, unread_.size()));
  if (n <= 0) return n;
  const auto count = static_cast<std::size_t>(n);
  std::copy_n(unread_.begin(), count, static_cast<char*>(room));
  unread_.erase(0, count);
  return n;
}

ssize_t Kernel::write(const void* bytes, std::size_t size) {
  const ssize_t n = next(size);
  if (n > 0)
    written_.append(static_cast<const char*>(bytes),
                    static_cast<std::size_t>(n));
  return n;
}

// The C library's functions have the same names: the program's own are taken.
extern "C" {

ssize_t read(int fd, void* room, size_t size) {
  if (Kernel* const kernel = Kernel::of(fd)) return kernel->read(room, size);
  return ::syscall(SYS_read, fd, room, size);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  if (Kernel* const kernel = Kernel::of(fd)) return kernel->write(bytes, size);
  return ::syscall(SYS_write, fd, bytes, size);
}

ssize_t recv(int fd, void* room, size_t size, int flags) {
  if (Kernel* const kernel = Kernel::of(fd)) return kernel->read(room, size);
  return ::syscall(SYS_recvfrom, fd, room, size, flags, nullptr, nullptr);
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  if (Kernel* const kernel = Kernel::of(fd)) return kernel->write(bytes, size);
  return ::syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
}

}  // extern "C"
