// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/eventfd.h"

#include <sys/eventfd.h>

namespace netpoll::os {

Result<UniqueFd> open_eventfd() {
  UniqueFd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!fd) return fail(last_system_error());
  return fd;
}

}  // namespace netpoll::os
