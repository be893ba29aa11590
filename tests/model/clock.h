// SPDX-License-Identifier: Apache-2.0
#pragma once

// Vector clocks: what a model thread knows of every other.
//
//    clock[t] = n    it knows the first n events of thread t, and what they knew
//
// An event is the pair (thread, time on that thread's own clock). It happened
// before all that a thread does next exactly if the thread's clock knows it.
// Upstream has no counterpart.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace netpoll::model {

/// Thread 0 sets the scene before the others start and looks at it after they
/// have ended.
constexpr std::size_t kThreadsMax = 5;
constexpr std::size_t kStage = 0;

struct Event {
  std::size_t who = kStage;
  std::uint32_t when = 0;  // 0: before everything
};

class Clock {
 public:
  /// A new event of thread `me`.
  Event tick(std::size_t me) { return Event{me, ++times_[me]}; }

  bool knows(const Event& event) const {
    return event.when <= times_[event.who];
  }

  /// Learns all that `other` knows.
  void join(const Clock& other) {
    for (std::size_t i = 0; i < kThreadsMax; ++i)
      times_[i] = std::max(times_[i], other.times_[i]);
  }

 private:
  std::array<std::uint32_t, kThreadsMax> times_{};
};

}  // namespace netpoll::model
