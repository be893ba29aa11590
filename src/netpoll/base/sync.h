// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a small state machine takes from the machine below it: its atomics and a
// way to wait a moment. A template that names them through a parameter Sync,
// and nothing else, runs on the real ones (StdSync) and, in the tests, on ones
// that try every order of events and every value the memory model allows.

#include <atomic>
#include <thread>

namespace netpoll {

struct StdSync {
  template <class T>
  using Atomic = std::atomic<T>;

  /// Lets others run. For a wait that is known to be short. [any]
  static void yield() { std::this_thread::yield(); }
};

}  // namespace netpoll
