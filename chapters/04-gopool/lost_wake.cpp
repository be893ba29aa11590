// SPDX-License-Identifier: Apache-2.0
//
// One thread looks for work, finds none, and goes to sleep. Another thread
// brings work and wakes it, exactly between the look and the sleep. The program
// forces that order, so each run shows the same.
//
//    bell      a flag, and a condition variable that is used without a mutex
//    trigger   the Trigger of the library

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <latch>
#include <mutex>
#include <thread>

#include "netpoll/base/deadline.h"
#include "netpoll/base/trigger.h"

namespace {

// So that the program ends: a thread that nobody wakes sleeps this long.
constexpr std::chrono::milliseconds kLimit{200};

// The naive idea: look, then sleep. A notify_one() wakes who sleeps now; it is
// not kept for who sleeps a moment later.
class Bell {
 public:
  bool look() const { return work_; }
  bool sleep() {
    std::unique_lock lock(mutex_);
    return bell_.wait_for(lock, kLimit) == std::cv_status::no_timeout;
  }
  void bring() {
    work_ = true;
    bell_.notify_one();
  }

 private:
  std::atomic<bool> work_{false};
  std::mutex mutex_;
  std::condition_variable bell_;
};

class WithTrigger {
 public:
  bool look() const { return work_; }
  bool sleep() { return trigger_.wait_until(netpoll::deadline_after(kLimit)); }
  void bring() {
    work_ = true;
    trigger_.pull();
  }

 private:
  std::atomic<bool> work_{false};
  netpoll::Trigger trigger_;
};

// Whether the sleeper was woken, or slept until the limit.
template <class Way>
const char* look_then_sleep() {
  Way way;
  std::latch looked(1);
  std::latch brought(1);
  const std::jthread other([&] {
    looked.wait();
    way.bring();
    brought.count_down();
  });
  if (way.look()) return "found the work at the first look";
  looked.count_down();
  brought.wait();  // here the other thread brings work, and wakes
  return way.sleep() ? "woken" : "slept on: the wake was lost";
}

}  // namespace

int main() {
  std::printf("bell     %s\n", look_then_sleep<Bell>());
  std::printf("trigger  %s\n", look_then_sleep<WithTrigger>());
}
