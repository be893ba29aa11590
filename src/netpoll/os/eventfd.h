// SPDX-License-Identifier: Apache-2.0
#pragma once

// A descriptor that any thread may write to and a poller can watch.

#include "netpoll/base/result.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

/// A new eventfd, non-blocking and close-on-exec. Fails as eventfd(2) does.
/// Unlike upstream, whose eventfd is inherited by child processes:
/// poll_default_linux.go:40 (openDefaultPoll). [any]
[[nodiscard]] Result<UniqueFd> open_eventfd();

}  // namespace netpoll::os
