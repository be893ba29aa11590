// SPDX-License-Identifier: Apache-2.0
#include "netpoll/connection/lifecycle_impl.h"

namespace netpoll {

template class BasicLifecycle<StdSync>;

}  // namespace netpoll
