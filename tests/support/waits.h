// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often a thread has gone to sleep. For tests that it does not sleep where
// it need not, whatever the length of such a sleep.

#include <sys/resource.h>

namespace netpoll::test {

/// How often the calling thread has left the processor of its own accord, since
/// it began. A thread that another one displaces does not count.
inline long waits() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  return used.ru_nvcsw;
}

}  // namespace netpoll::test
