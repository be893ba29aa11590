// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stops one thread again and again, anywhere, for some microseconds: a window
// of a few nanoseconds is then open long enough for another thread to step in.
// Without effect under TSan, which delivers signals at system calls only.

#include <pthread.h>
#include <signal.h>

#include <thread>

namespace netpoll::test {

/// A few nanoseconds for each of `turns`.
inline void spin(int turns) {
  for (volatile int turn = 0; turn < turns;)
    turn = turn + 1;
}

class Jolts {
 public:
  /// Requires: `victim` outlives this.
  explicit Jolts(pthread_t victim) {
    struct sigaction jolt{};
    jolt.sa_handler = [](int) { spin(100'000); };
    jolt.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &jolt, nullptr);
    thread_ = std::jthread([victim](const std::stop_token& stop) {
      for (unsigned turn = 0; !stop.stop_requested(); ++turn) {
        ::pthread_kill(victim, SIGUSR1);
        spin(static_cast<int>(20'000 + turn * 7919 % 40'000));
      }
    });
  }

 private:
  std::jthread thread_;
};

}  // namespace netpoll::test
