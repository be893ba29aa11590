// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a test does between two looks at something that no latch can announce.

#include <chrono>
#include <thread>

namespace netpoll::test {

/// One for each wait, called between two looks. At first it lets other threads
/// run; a wait that has lasted a while sleeps, since whoever is waited for may
/// need this processor.
class Pause {
 public:
  void operator()() {
    if (++looks_ < kQuickLooks) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

 private:
  static constexpr int kQuickLooks = 200;
  int looks_ = 0;
};

}  // namespace netpoll::test
