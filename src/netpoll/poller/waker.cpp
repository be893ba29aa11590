// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/waker.h"

#include <unistd.h>

#include <cassert>
#include <cstdint>

namespace netpoll {

void Waker::ring() {
  // release: pairs with the acquire in answer(), so that work queued before
  // this ring is seen there. A ring that finds true must still write, hence
  // exchange and not load: only a write joins what answer() will read.
  if (rung_.exchange(true, std::memory_order_release)) return;

  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
  assert(n == sizeof one);  // only a full counter refuses; ours is 0 or 1
}

void Waker::answer() {
  // The read comes first. Were rung_ cleared first, a ring() between the two
  // would write, this read would swallow that write, and rung_ would stay true:
  // every later ring() would return early, and the poller sleep for ever.
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_.get(), &count, sizeof count);
  assert(n == sizeof count);
  assert(count == 1);  // one flip to true, one write

  // acquire: pairs with the release in each ring() before this point.
  rung_.exchange(false, std::memory_order_acquire);
}

}  // namespace netpoll
