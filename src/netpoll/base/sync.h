// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a small state machine takes from the machine below it: its atomics and a
// way to wait a moment. A template that names them through a parameter Sync,
// and nothing else, runs on the real ones (StdSync) and, in the tests, on ones
// that try every order of events and every value the memory model allows.

#include <atomic>
#include <chrono>
#include <thread>

namespace netpoll {

struct StdSync {
  template <class T>
  using Atomic = std::atomic<T>;

  /// Lets others run. For a wait that is known to be short. [any]
  static void yield() { std::this_thread::yield(); }

  /// For a loop that waits for another thread: `round` counts its rounds. The
  /// first rounds let other threads run; later ones sleep, so that a thread
  /// which the scheduler has stopped does not cost the waiter a core. [any]
  static void pause(unsigned round) {
    if (round < kYields) return yield();
    std::this_thread::sleep_for(kNap);
  }

 private:
  static constexpr unsigned kYields = 100;
  static constexpr std::chrono::microseconds kNap{50};
};

}  // namespace netpoll
