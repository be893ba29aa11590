// SPDX-License-Identifier: Apache-2.0
#pragma once

// A descriptor that any thread may write to and a poller can watch.

#include "netpoll/base/result.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

/// A new eventfd, non-blocking and, as all descriptors here, close-on-exec; its
/// errors are eventfd(2)'s. Unlike upstream: poll_default_linux.go:40. [any]
Result<UniqueFd> open_eventfd();

}  // namespace netpoll::os
