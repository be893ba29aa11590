// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/timers.h"

#include <cassert>

namespace netpoll {

bool Timers::set(FdOperator& op, Deadline at) {
  const Lock lock(mutex_);
  if (op.watch().timer != kNever) {
    [[maybe_unused]] const auto removed =
        moments_.erase({op.watch().timer, &op});
    assert(removed == 1);
  }
  op.watch().timer = at;
  const bool is_soonest = at < soonest();
  if (at != kNever) moments_.emplace(at, &op);
  publish_soonest();
  return is_soonest;
}

std::span<FdOperator*> Timers::take_due(Deadline now,
                                        std::span<FdOperator*> room) {
  assert(!room.empty());
  std::size_t count = 0;
  const Lock lock(mutex_);
  while (count < room.size() && !moments_.empty()) {
    const auto [moment, op] = *moments_.begin();
    if (moment > now) break;
    assert(op->watch().timer == moment);
    moments_.erase(moments_.begin());
    op->watch().timer = kNever;
    room[count++] = op;
  }
  publish_soonest();
  return room.first(count);
}

std::size_t Timers::count() {
  const Lock lock(mutex_);
  return moments_.size();
}

void Timers::publish_soonest() {
  // relaxed: nobody relies on soonest_ to see data of other threads. A poller
  // that reads too old a value is woken: see Timers::soonest().
  soonest_.store(moments_.empty() ? kNever : moments_.begin()->first,
                 std::memory_order_relaxed);
}

}  // namespace netpoll
