// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a small state machine takes from the machine below it: atomics, and a
// way to let other threads run.
//
//    template <class Sync> class FdState     names atomics as Sync::Atomic only
//       |                       |
//    FdState<StdSync>        FdState<model::Sync>
//    std::atomic: ships      the model test: tries every order of events, and
//                            every value that the memory model lets a load read
//
// So the class that a model test checks is the class that ships, not a copy.

#include <atomic>
#include <chrono>
#include <thread>

namespace netpoll {

/// The Sync of the shipped library: std::atomic, and the system's threads.
struct StdSync {
  template <class T>
  using Atomic = std::atomic<T>;

  /// Lets other threads run. For a loop that waits only for a short time. [any]
  static void yield() { std::this_thread::yield(); }

  /// For a loop that waits for another thread: `round` counts its rounds. The
  /// first rounds let other threads run; later ones sleep, so that a thread
  /// which the scheduler has stopped does not cost the waiter a core. [any]
  static void pause(unsigned round) {
    if (round < kYields) return yield();
    std::this_thread::sleep_for(kNap);
  }

 private:
  // pause() yields in its first kYields rounds, and sleeps for kNap in later
  // ones.
  static constexpr unsigned kYields = 100;
  static constexpr std::chrono::microseconds kNap{50};
};

}  // namespace netpoll
