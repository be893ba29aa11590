// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/waker.h"

#include <unistd.h>

#include <cassert>
#include <cstdint>

namespace netpoll {

void Waker::ring() {
  // release: pairs with the acquire in answer(), so that the poller sees the
  // work that was queued before this ring. Also a ring() that finds true must
  // write, so this is an exchange and not a load: the acquire in answer() is
  // joined to the writes of rung_ that came before, never to loads.
  if (rung_.exchange(true, std::memory_order_release)) return;

  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
  assert(n == sizeof one);  // a write fails when the counter is full: not ours
}

void Waker::answer() {
  // The eventfd is read before rung_ is cleared. If rung_ were cleared first, a
  // ring() between the two steps would write to the eventfd, this read would
  // take that write away, and rung_ would stay true: every later ring() would
  // return early, and the poller would sleep for ever.
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_.get(), &count, sizeof count);
  assert(n == sizeof count);
  assert(count == 1);  // ring() writes once for each change to true

  // acquire: pairs with the release in each ring() before this point.
  rung_.exchange(false, std::memory_order_acquire);
}

}  // namespace netpoll
