// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a poller with an own_time runs the next task of one operator itself,
// or leaves it to the workers.
//
//    trusted ---- a task was slow ----> the next 1, 3, 7 … 1023 tasks go to
//       ^                               the workers, then one is tried
//       +---- the tried task was fast ---- | ---- it was slow: twice as many,
//                                                 and one more
//
// So a handler that always blocks keeps its poller from events a few times,
// and later once in a thousand requests.
//
// A task counts as slow from its beginning, until was_fast(): the thread that
// runs it loses the lead if it is slow, and can then not say so any more.
// Upstream has no such thing: its pollers run no handlers.

#include <algorithm>
#include <cstdint>

namespace netpoll {

class Trust {
 public:
  /// Whether the poller itself is to run the next task. If true, the task is
  /// slow unless was_fast() follows. [leader]
  [[nodiscard]] bool try_next() {
    if (to_workers_ > 0) {
      --to_workers_;
      return false;
    }
    to_workers_ = penalty_ = next_penalty();
    return true;
  }
  /// The task that try_next() has allowed was fast. [leader]
  void was_fast() { penalty_ = to_workers_ = 0; }

 private:
  static constexpr std::uint16_t kPenaltyMax = 1023;

  std::uint16_t next_penalty() const {
    const int next = std::min(penalty_ * 2 + 1, int{kPenaltyMax});
    return static_cast<std::uint16_t>(next);
  }

  // Small, since every operator has a Trust.
  std::uint16_t penalty_ = 0;     // after a slow task, so many go to workers
  std::uint16_t to_workers_ = 0;  // so many of these are left
};

}  // namespace netpoll
