// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/waker.h"

#include <unistd.h>

#include <cassert>
#include <cstdint>

namespace netpoll {

void Waker::ring() {
  // release: pairs with the acquire in answer(): the poller sees the work that
  // was queued before this ring(). A ring() that finds true must write too, so
  // this is an exchange and not a load: the acquire in answer() pairs only with
  // threads that have written rung_, never with threads that have loaded it.
  if (rung_.exchange(true, std::memory_order_release)) return;

  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
  assert(n == sizeof one);  // write(2) fails at a full counter; here it is 0
}

void Waker::answer() {
  // First the eventfd is read, then rung_ is cleared. In the opposite order, a
  // ring() between the two steps would set rung_ and write to the eventfd, and
  // the read would take that write away. rung_ would stay true: every later
  // ring() would return early, and the poller would sleep for ever.
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_.get(), &count, sizeof count);
  assert(n == sizeof count);
  assert(count == 1);  // ring() writes once each time rung_ becomes true

  // acquire: pairs with the release in each ring() before this point: the
  // poller sees the work that the ringing threads have queued.
  rung_.exchange(false, std::memory_order_acquire);
}

}  // namespace netpoll
