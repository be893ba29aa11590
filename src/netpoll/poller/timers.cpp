// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/timers.h"

namespace netpoll {

bool Timers::set(FdOperator& op, Deadline at) {
  const Lock lock(mutex_);
  if (op.timer_ != kNever) moments_.erase({op.timer_, &op});
  op.timer_ = at;
  const bool sooner = at < soonest();
  if (at != kNever) moments_.emplace(at, &op);
  publish();
  return sooner;
}

std::vector<FdOperator*> Timers::take_due(Deadline now) {
  std::vector<FdOperator*> due;
  const Lock lock(mutex_);
  while (!moments_.empty() && moments_.begin()->first <= now) {
    FdOperator* op = moments_.begin()->second;
    moments_.erase(moments_.begin());
    op->timer_ = kNever;
    due.push_back(op);
  }
  publish();
  return due;
}

void Timers::publish() {
  // relaxed: see soonest().
  soonest_.store(moments_.empty() ? kNever : moments_.begin()->first,
                 std::memory_order_relaxed);
}

}  // namespace netpoll
