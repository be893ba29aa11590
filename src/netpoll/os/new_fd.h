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

/// Owns `number`, which a system call has just returned. A number below 3 is
/// exchanged for one from 3 on that refers to the same open file, and is
/// close-on-exec. When `number` is -1, fails with the errno of that system
/// call; when no other number is free, closes `number` and fails with
/// std::errc::too_many_files_open. [any]
[[nodiscard]] Result<UniqueFd> own_new_fd(int number);

/// The same for a descriptor that the caller already owns: a socket that this
/// process has inherited as number 0, for example. An empty `fd` stays empty.
/// [any]
[[nodiscard]] Result<UniqueFd> move_above_stderr(UniqueFd fd);

/// Standard streams that were closed, and are open on /dev/null now.
using StandardFds = std::array<UniqueFd, 3>;

/// Opens /dev/null for each of 0, 1 and 2 that is closed, so that code which
/// opens descriptors of its own, as getaddrinfo(3) does, gets none of the
/// three. Those numbers are closed again when the result is destroyed. Does
/// what it can: a number stays closed if /dev/null cannot be opened. [any]
[[nodiscard]] StandardFds open_closed_standard_fds();

}  // namespace netpoll::os
