// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/unique_fd.h"

#include <unistd.h>

namespace netpoll {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  // No retry on EINTR: Linux has freed the number by then, and a second close
  // could take one that another thread has just opened.
  if (old >= 0) ::close(old);
}

}  // namespace netpoll
