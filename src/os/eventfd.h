// SPDX-License-Identifier: Apache-2.0
#pragma once

// A descriptor that any thread may write to and a poller can watch.

#include "base/result.h"
#include "os/unique_fd.h"

namespace netpoll::os {

/// A new eventfd, non-blocking and close-on-exec (upstream's is neither:
/// poll_default_linux.go:30). Fails as eventfd(2) does. [any]
Result<UniqueFd> open_eventfd();

}  // namespace netpoll::os
