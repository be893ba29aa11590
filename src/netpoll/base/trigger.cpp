// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/trigger.h"

#include <utility>

namespace netpoll {

void Trigger::pull() {
  const Lock lock(mutex_);
  pulled_ = true;
  // Under the lock: the sleeper may destroy the Trigger as soon as it sees
  // pulled_, and must not do so before this call is over.
  pulled_cv_.notify_one();
}

bool Trigger::wait_until(Deadline deadline) {
  Lock lock(mutex_);
  while (!pulled_) {
    if (deadline == kNever) {
      lock.wait(pulled_cv_);
    } else if (!lock.wait_until(pulled_cv_, deadline)) {
      break;
    }
  }
  return std::exchange(pulled_, false);
}

void Trigger::clear() {
  const Lock lock(mutex_);
  pulled_ = false;
}

}  // namespace netpoll
