// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/trigger.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

namespace netpoll {
namespace {

constexpr Deadline kPassed = Deadline::min();

TEST(Trigger, RemembersAPullThatCameFirst) {
  Trigger trigger;
  trigger.pull();
  EXPECT_TRUE(trigger.wait_until(kPassed));
}

TEST(Trigger, AddsSeveralPullsUpToOne) {
  Trigger trigger;
  trigger.pull();
  trigger.pull();
  EXPECT_TRUE(trigger.wait_until(kPassed));
  EXPECT_FALSE(trigger.wait_until(kPassed));
}

TEST(Trigger, ForgetsAPullWhenCleared) {
  Trigger trigger;
  trigger.pull();
  trigger.clear();
  EXPECT_FALSE(trigger.wait_until(kPassed));
}

TEST(Trigger, TryWaitTakesAPullAndOnlyOnce) {
  Trigger trigger;
  EXPECT_FALSE(trigger.try_wait());
  trigger.pull();
  EXPECT_TRUE(trigger.try_wait());
  EXPECT_FALSE(trigger.try_wait());
}

TEST(Trigger, WaitsUntilTheDeadlineAndNoLess) {
  Trigger trigger;
  const Deadline limit = Deadline::clock::now() + std::chrono::milliseconds(20);
  EXPECT_FALSE(trigger.wait_until(limit));
  EXPECT_GE(Deadline::clock::now(), limit);
}

// The kernel refuses a moment with a negative number of seconds.
TEST(Trigger, ADeadlineBeforeTheClocksZeroHasPassed) {
  Trigger trigger;
  EXPECT_FALSE(trigger.wait_until(Deadline::min()));
  EXPECT_FALSE(trigger.wait_until(Deadline()));
  EXPECT_FALSE(trigger.wait_until(Deadline(std::chrono::nanoseconds(-1))));
}

TEST(Trigger, AWaitThatTimedOutLosesNoLaterPull) {
  Trigger trigger;
  EXPECT_FALSE(trigger.wait_until(kPassed));
  trigger.pull();
  EXPECT_TRUE(trigger.wait_until(kPassed));
}

void wake_from(Deadline deadline) {
  Trigger asleep;
  bool woken = false;
  std::jthread sleeper([&] { woken = asleep.wait_until(deadline); });
  asleep.pull();
  sleeper.join();
  EXPECT_TRUE(woken);
}

TEST(Trigger, IsWokenBeforeADeadlineThatIsFarAway) {
  wake_from(kNever);
  wake_from(kNever - std::chrono::nanoseconds(1));
  wake_from(deadline_after(std::chrono::hours(24 * 365 * 200)));
}

// Counts the system calls that a Trigger would make.
struct CountingSync : StdSync {
  static inline int wakes = 0;
  static inline int sleeps = 0;
  static inline BasicTrigger<CountingSync>* pulled_at_third = nullptr;

  static bool sleep(const std::atomic<TriggerState>&, TriggerState, Deadline) {
    // The first two sleeps end for no reason.
    if (++sleeps == 3) pulled_at_third->pull();
    return true;
  }
  static void wake(const std::atomic<TriggerState>*) { ++wakes; }
};

TEST(Trigger, APullWithoutASleeperCostsNoSystemCall) {
  CountingSync::wakes = CountingSync::sleeps = 0;
  BasicTrigger<CountingSync> trigger;
  trigger.pull();
  trigger.pull();
  trigger.wait();
  trigger.pull();
  EXPECT_EQ(CountingSync::wakes, 0);
  EXPECT_EQ(CountingSync::sleeps, 0);
}

TEST(Trigger, SleepsAgainAfterASleepThatEndedForNoReason) {
  CountingSync::wakes = CountingSync::sleeps = 0;
  BasicTrigger<CountingSync> trigger;
  CountingSync::pulled_at_third = &trigger;
  EXPECT_TRUE(trigger.wait_until(kPassed));
  EXPECT_EQ(CountingSync::sleeps, 3);
  EXPECT_EQ(CountingSync::wakes, 1);
}

TEST(Trigger, ShowsTheSleeperWhatWasWrittenBefore) {
  Trigger there;
  Trigger back;
  int ball = 0;  // plain: only the triggers order the two threads
  const std::jthread other([&] {
    for (int round = 0; round < 1000; ++round) {
      there.wait();
      ++ball;
      back.pull();
    }
  });
  for (int round = 0; round < 1000; ++round) {
    ++ball;
    there.pull();
    back.wait();
  }
  EXPECT_EQ(ball, 2000);
}

// Broken variant: pull() reads the word again after the exchange, for example
// to decide whether a thread sleeps. ASan then reports a use after free.
TEST(Trigger, MayBeDestroyedAsSoonAsItsSleeperWoke) {
  auto trigger = std::make_unique<Trigger>();
  Trigger made;
  std::atomic<Trigger*> next{nullptr};
  std::jthread waker([&] {
    for (int round = 0; round < 1000; ++round) {
      made.wait();
      // acquire: pairs with the release below.
      next.load(std::memory_order_acquire)->pull();
    }
  });
  for (int round = 0; round < 1000; ++round) {
    trigger = std::make_unique<Trigger>();
    next.store(trigger.get(), std::memory_order_release);
    made.pull();
    trigger->wait();
    trigger.reset();
  }
}

}  // namespace
}  // namespace netpoll
