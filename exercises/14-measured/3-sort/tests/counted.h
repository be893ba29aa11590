// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often the process has called what costs: counted.cpp stands in place of
// the system's functions.

#include <atomic>

namespace counted {

extern std::atomic<int> sends;        // send() and sendmsg()
extern std::atomic<int> allocations;  // operator new

}  // namespace counted
