// SPDX-License-Identifier: Apache-2.0
#include "netpoll/connection/key_chain.h"

namespace netpoll {

// Compiled once: the functions stand in the library under their own names, as
// a debugger and the recorder look for them.
template class KeyChain<StdSync>;

}  // namespace netpoll
