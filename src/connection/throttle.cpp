// SPDX-License-Identifier: Apache-2.0
#include "connection/throttle.h"

namespace netpoll {

void Throttle::pause() {
  // An exchange: it reads what the last resume() wrote, and then the caller's
  // look sees the room that was made before. acq_rel: pairs with resume().
  paused_.exchange(true, std::memory_order_acq_rel);
  static_cast<void>(poller_.watch_input(op_, false));
  // A resume() between the two lines watched first, and was undone by the
  // second: again. One that comes later watches later.
  if (!is_paused()) static_cast<void>(poller_.watch_input(op_, true));
}

void Throttle::resume() {
  // acq_rel: pairs with pause(), both ways.
  if (!paused_.exchange(false, std::memory_order_acq_rel)) return;
  static_cast<void>(poller_.watch_input(op_, true));
}

bool Throttle::is_paused() const {
  // acquire: pairs with the release half of resume().
  return paused_.load(std::memory_order_acquire);
}

}  // namespace netpoll
