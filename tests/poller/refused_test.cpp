// SPDX-License-Identifier: Apache-2.0
//
// A runner that refuses tasks, as the pool does while no thread can be started.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "netpoll/poller/backoff.h"
#include "netpoll/poller/poller.h"
#include "poller/support.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::turn_over;

constexpr Deadline kNoon = Deadline() + 12h;  // any moment will do

TEST(Backoff, HasNothingDueBeforeTheFirstFailure) {
  const Backoff backoff(10ms, 1000ms);
  EXPECT_EQ(backoff.next(), kNever);
  EXPECT_FALSE(backoff.is_longest());
}

TEST(Backoff, DoublesThePauseWithEachFailure) {
  Backoff backoff(10ms, 1000ms);
  backoff.failed(kNoon);
  EXPECT_EQ(backoff.next(), kNoon + 10ms);
  backoff.failed(kNoon);
  EXPECT_EQ(backoff.next(), kNoon + 20ms);
  EXPECT_FALSE(backoff.is_longest());
}

TEST(Backoff, PauseGrowsToTheLongestAndNoFurther) {
  Backoff backoff(10ms, 25ms);
  for (int i = 0; i < 3; ++i)
    backoff.failed(kNoon);
  EXPECT_TRUE(backoff.is_longest());
  EXPECT_EQ(backoff.next(), kNoon + 25ms);
  backoff.failed(kNoon);
  EXPECT_EQ(backoff.next(), kNoon + 25ms);
}

TEST(Backoff, SuccessEndsItAndTheNextFailureBeginsWithTheShortest) {
  Backoff backoff(10ms, 20ms);
  backoff.failed(kNoon);
  backoff.failed(kNoon);
  backoff.succeeded();
  EXPECT_EQ(backoff.next(), kNever);
  EXPECT_FALSE(backoff.is_longest());
  backoff.failed(kNoon);
  EXPECT_EQ(backoff.next(), kNoon + 10ms);
}

// Refuses so many batches first, and then runs each on the poller.
class RefusingRunner final : public Runner {
 public:
  static constexpr int kAlways = 1'000'000;
  explicit RefusingRunner(int refusals) : left_(refusals) {}

  Ran run(std::span<Task> batch) override {
    ++asked;
    if (left_ > 0 && left_-- > 0) return Ran::refused;
    return inline_.run(batch);
  }
  bool go(Task&) override { return false; }
  void relent() { left_ = 0; }

  std::atomic<int> asked{0};

 private:
  std::atomic<int> left_;
  InlineRunner inline_;
};

// A poller whose runner refuses, with pauses of the test's choice.
struct Refused {
  Refused(int refusals, const PollerPauses& pauses)
      : runner(refusals), poller(*Poller::open(runner, nullptr, pauses)) {}
  ~Refused() { stop(); }
  void stop() {
    poller->stop();
    if (thread.joinable()) thread.join();
  }

  RefusingRunner runner;
  const std::unique_ptr<Poller> poller;
  std::thread thread{[this] { poller->run(); }};
};

// No pause of these ends within a test.
constexpr PollerPauses kEndless{.refused_min = 1h, .refused_max = 2h};
// The poller does not yet stand in for the worker.
constexpr PollerPauses kShort{.refused_min = 1ms, .refused_max = 1h};
// The poller stands in from the first refusal on.
constexpr PollerPauses kStandIn{.refused_min = 1ms, .refused_max = 1ms};

// Broken variant: hand_over() returns true after a refusal, so the poller asks
// again in each turn and never sleeps.
TEST(RefusedTasks, AreNotOfferedInEachTurnAndThePollerSleeps) {
  constexpr int kBarriers = 100;
  constexpr std::uint64_t kTurnsForEach = 6;
  Refused it(RefusingRunner::kAlways, kEndless);
  it.poller->go([] {});
  turn_over(*it.poller);
  const std::uint64_t before = it.poller->turns();
  for (int i = 0; i < kBarriers; ++i)
    turn_over(*it.poller);
  EXPECT_EQ(it.runner.asked, 1);
  EXPECT_LE(it.poller->turns() - before, kBarriers * kTurnsForEach);
}

TEST(RefusedTasks, AreOfferedAgainAfterAPauseAndKeepTheirOrder) {
  std::string order;
  Trigger ran;
  Refused it(3, kShort);
  for (const char name : {'a', 'b', 'c'})
    it.poller->go([&order, name] { order += name; });
  it.poller->go([&] { ran.pull(); });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(it.runner.asked, 4);
}

TEST(RefusedTasks, RunOnThePollerOnceThePauseIsTheLongest) {
  Trigger ran;
  bool on_poller = false;
  bool stands_in = false;
  Refused it(RefusingRunner::kAlways, kStandIn);
  it.poller->go([&] {
    on_poller = it.poller->on_poller_thread();
    stands_in = it.poller->stands_in_for_worker();
    ran.pull();
  });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_TRUE(on_poller);
  EXPECT_TRUE(stands_in);
}

TEST(RefusedTasks, TaskThatNeedsAWorkerDefersItselfUntilThereIsOne) {
  Trigger ran;
  int put_off = 0;
  std::function<void()> work;
  Refused it(RefusingRunner::kAlways, kStandIn);
  work = [&] {
    if (!it.poller->stands_in_for_worker()) return ran.pull();
    if (++put_off == 3) it.runner.relent();
    it.poller->defer(work);
  };
  it.poller->go(work);
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_EQ(put_off, 3);
}

// Broken variant: the poller wakes for the next attempt when no task is left.
TEST(RefusedTasks, PollerSleepsOnceNoneIsLeft) {
  constexpr int kBarriers = 200;
  constexpr std::uint64_t kTurnsForEach = 6;
  Refused it(RefusingRunner::kAlways, kStandIn);
  it.poller->go([] {});
  turn_over(*it.poller);
  const std::uint64_t before = it.poller->turns();
  for (int i = 0; i < kBarriers; ++i)
    turn_over(*it.poller);
  EXPECT_LE(it.poller->turns() - before, kBarriers * kTurnsForEach);
}

// Broken variant: the last batch is destroyed when the runner refuses it.
TEST(RefusedTasks, RunOnThePollerWhenItStops) {
  bool ran = false;
  Refused it(RefusingRunner::kAlways, kEndless);
  it.poller->go([&] { ran = true; });
  turn_over(*it.poller);
  it.stop();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace netpoll
