// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/fd_state.h"

namespace netpoll {

template class BasicFdState<StdSync>;  // FdState, compiled in this file only

}  // namespace netpoll
