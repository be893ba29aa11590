// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/new_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cassert>
#include <cstddef>
#include <utility>

namespace netpoll::os {
namespace {

constexpr int kFirstFree = STDERR_FILENO + 1;

}  // namespace

Result<UniqueFd> own_new_fd(int number) {
  if (number < 0) return fail(last_system_error());
  return move_above_stderr(UniqueFd(number));
}

Result<UniqueFd> move_above_stderr(UniqueFd fd) {
  if (!fd || fd.get() >= kFirstFree) return fd;
  UniqueFd high(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstFree));
  if (!high) return fail(last_system_error());
  assert(high.get() >= kFirstFree);
  return high;
}

StandardFds open_closed_standard_fds() {
  StandardFds opened;
  for (std::size_t i = 0; i < opened.size(); ++i) {
    UniqueFd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
    // The kernel gives out the lowest free number. When that is 3 or more, none
    // of 0, 1 and 2 is free any more.
    if (!fd || fd.get() >= kFirstFree) break;
    opened[i] = std::move(fd);
  }
  return opened;
}

}  // namespace netpoll::os
