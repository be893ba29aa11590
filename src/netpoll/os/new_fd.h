// SPDX-License-Identifier: Apache-2.0
#pragma once

// No descriptor of the library is ever 0, 1 or 2.
//
//    socket(2), accept4(2), epoll_create1(2), … --number--> own_new_fd()
//        3 and above    owned as it is
//        0, 1, 2        copied to a free number from 3 on, the low one closed
//
// A daemon may have closed its standard streams, and the kernel always gives
// out the lowest free number. A client's connection would then be number 2, and
// the next line that any code writes to standard error would be sent to that
// client.

#include <array>

#include "netpoll/base/result.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

/// An owner of the descriptor `number`, which a system call has just returned.
/// A descriptor below 3 is replaced by a copy, at 3 or above, that refers to
/// the same open file and is close-on-exec. When `number` is -1, fails with the
/// errno of that system call. When the copy needs a number and none is free,
/// closes `number` and fails with std::errc::too_many_files_open. [any]
[[nodiscard]] Result<UniqueFd> own_new_fd(int number);

/// Replaces `fd`, if it is 0, 1 or 2, by a close-on-exec copy at 3 or above:
/// for example a socket that this process has inherited as number 0. Returns
/// every other `fd`, also an empty one, as it is. When no number is free,
/// closes `fd` and fails with std::errc::too_many_files_open. [any]
[[nodiscard]] Result<UniqueFd> move_above_stderr(UniqueFd fd);

/// Owners of those descriptors among 0, 1 and 2 that were closed and are open
/// on /dev/null now. The other elements are empty.
using StandardFds = std::array<UniqueFd, 3>;

/// Opens /dev/null at each of the descriptors 0, 1 and 2 that is closed. So
/// code that opens descriptors of its own, as getaddrinfo(3) does, gets none of
/// the three. Destroying the result closes the descriptors that were opened
/// here. A descriptor stays closed if /dev/null cannot be opened. [any]
[[nodiscard]] StandardFds open_closed_standard_fds();

}  // namespace netpoll::os
