// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/eventfd.h"

#include <sys/eventfd.h>

#include "netpoll/os/new_fd.h"

namespace netpoll::os {

Result<UniqueFd> open_eventfd() {
  return own_new_fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

}  // namespace netpoll::os
