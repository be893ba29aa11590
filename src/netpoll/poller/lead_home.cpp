// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/lead_home.h"

#include <utility>

#include "netpoll/base/deadline.h"

namespace netpoll {

void LeadHome::take(Lead& lead, Waker& waker) {
  Lock lock(mutex_);
  wanted_.store(true, std::memory_order_relaxed);  // relaxed: see is_wanted()
  while (!lead.take()) {
    waker.ring();  // the relief may sleep in epoll_wait
    lock.wait(lead_is_free_);
  }
  wanted_.store(false, std::memory_order_relaxed);
}

void LeadHome::give_up(Lead& lead) {
  const Lock lock(mutex_);
  lead.give_up();
  lead_is_free_.notify_one();
}

void LeadHome::call(Lead::Word task) {
  const Lock lock(mutex_);
  is_called_ = true;
  if (task != 0) slow_ = task;
  called_.notify_one();
}

Lead::Word LeadHome::sleep(std::chrono::milliseconds pause) {
  Lock lock(mutex_);
  const Deadline until = Deadline::clock::now() + pause;
  while (!is_called_ && lock.wait_until(called_, until)) {
  }
  is_called_ = false;
  return std::exchange(slow_, 0);
}

}  // namespace netpoll
