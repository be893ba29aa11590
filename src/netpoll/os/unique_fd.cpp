// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/unique_fd.h"

#include <unistd.h>

#include <cassert>

namespace netpoll {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  assert(old < 0 || old != fd);
  // close(2) is not repeated on EINTR: Linux has freed the number before it
  // returns EINTR, and a second close(2) could close a descriptor that another
  // thread has just opened under this number.
  if (old >= 0) ::close(old);
}

}  // namespace netpoll
