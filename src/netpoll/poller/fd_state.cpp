// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/fd_state.h"

namespace netpoll {

template class FdState<StdSync>;  // compiled once

}  // namespace netpoll
