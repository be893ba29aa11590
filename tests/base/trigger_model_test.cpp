// SPDX-License-Identifier: Apache-2.0
//
// Trigger, the code that ships, under every interleaving and every value that
// the memory model allows. The kernel's futex is modelled beside it.
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "model/explorer.h"
#include "netpoll/base/trigger.h"

namespace netpoll {
namespace {

using model::explore;
using model::Options;
using model::Report;
using model::require;

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcqRel = std::memory_order_acq_rel;

// What the kernel does for one word. It compares the word and enters the
// sleeper under a lock that a wake takes as well. Here both are exchanges of
// one word: a sleeper that enters after a wake sees what came before the wake,
// so also that the word has changed; a sleeper that enters before it is woken.
class Kernel {
 public:
  void sleep(const model::Atomic<TriggerState>& word, TriggerState value) {
    asleep_.exchange(true, kAcqRel);
    if (word.load(kRelaxed) != value) return;
    while (asleep_.load(kRelaxed))
      model::Sync::yield();
  }
  void wake() { asleep_.exchange(false, kAcqRel); }

 private:
  model::Atomic<bool> asleep_{false};
};

Kernel* g_kernel = nullptr;  // of the execution that runs

struct ModelSync : model::Sync {
  // A deadline is kNever, or it has passed.
  static bool sleep(const model::Atomic<TriggerState>& word, TriggerState value,
                    Deadline deadline) {
    if (deadline != kNever) return false;
    g_kernel->sleep(word, value);
    return true;
  }
  static void wake(const model::Atomic<TriggerState>*) { g_kernel->wake(); }
};

struct World {
  World() { g_kernel = &kernel; }
  Kernel kernel;
  BasicTrigger<ModelSync> trigger;
  model::Atomic<int> count{0};  // relaxed: the trigger orders what is behind it
  model::Var<int> one;
  model::Var<int> two;
};

void pull_one(World& w) {
  w.one.set(1);
  w.trigger.pull();
}

void add_one(World& w) {
  w.one.set(1);
  w.count.fetch_add(1, kRelaxed);
  w.trigger.pull();
}

void add_two(World& w) {
  w.two.set(1);
  w.count.fetch_add(1, kRelaxed);
  w.trigger.pull();
}

Report sleeper_sees_what_the_puller_wrote(const Options& options) {
  return explore<World>(
      {pull_one,
       [](World& w) {
         w.trigger.wait();
         require(w.one.get() == 1, "written before the pull");
       }},
      [](World&) {}, options);
}

// Each wait returns at least once for the last pull: a lost pull is a thread
// that waits for ever, which the explorer reports.
Report no_pull_of_two_is_lost(const Options& options) {
  return explore<World>(
      {add_one, add_two,
       [](World& w) {
         while (w.count.load(kRelaxed) < 2)
           w.trigger.wait();
       }},
      [](World&) {}, options);
}

Report sleeper_sees_what_both_pullers_wrote(const Options& options) {
  return explore<World>(
      {[](World& w) {
         pull_one(w);
         w.count.store(1, kRelaxed);
       },
       [](World& w) {
         while (w.count.load(kRelaxed) == 0)
           model::Sync::yield();
         w.trigger.pull();
       },
       [](World& w) {
         w.trigger.wait();
         require(w.one.get() == 1, "by the first of two pulls");
       }},
      [](World&) {}, options);
}

Report pull_at_a_deadline_is_taken_or_left(const Options& options) {
  return explore<World>(
      {pull_one,
       [](World& w) {
         if (!w.trigger.wait_until(Deadline())) w.trigger.wait();
         require(w.one.get() == 1, "written before the pull");
         require(!w.trigger.try_wait(), "a pull is taken once");
       }},
      [](World&) {}, options);
}

Report sleeper_that_wakes_for_no_reason_sleeps_on(const Options& options) {
  return explore<World>(
      {pull_one, [](World& w) { w.kernel.wake(); },
       [](World& w) {
         w.trigger.wait();
         require(w.one.get() == 1, "written before the pull");
       }},
      [](World&) {}, options);
}

Report two_pulls_after_each_other_wake_twice(const Options& options) {
  return explore<World>(
      {[](World& w) {
         add_one(w);
         add_two(w);
       },
       [](World& w) {
         while (w.count.load(kRelaxed) < 2)
           w.trigger.wait();
       }},
      [](World&) {}, options);
}

const std::vector<model::Scenario>& scenarios() {
  static const std::vector<model::Scenario> all = {
      {"SleeperSeesWhatThePullerWrote", sleeper_sees_what_the_puller_wrote},
      {"NoPullOfTwoIsLost", no_pull_of_two_is_lost},
      {"SleeperSeesWhatBothPullersWrote", sleeper_sees_what_both_pullers_wrote},
      {"PullAtADeadlineIsTakenOrLeft", pull_at_a_deadline_is_taken_or_left},
      {"SleeperThatWakesForNoReasonSleepsOn",
       sleeper_that_wakes_for_no_reason_sleeps_on},
      {"TwoPullsAfterEachOtherWakeTwice",
       two_pulls_after_each_other_wake_twice},
  };
  return all;
}

class TriggerModel : public testing::TestWithParam<model::Scenario> {};

TEST_P(TriggerModel, HoldsInEveryExecution) {
  const Report report = GetParam().run({});
  EXPECT_EQ(report.failure, "");
  std::cout << report.executions << " executions, " << report.cut_short
            << " cut short\n";
}

INSTANTIATE_TEST_SUITE_P(Trigger, TriggerModel, testing::ValuesIn(scenarios()),
                         model::name_of_scenario);

// The test of the tests: no order in trigger.h can be weakened unnoticed.
TEST(TriggerOrders, AreAllNeeded) {
  const model::Sweep sweep = model::weaken_each(scenarios(), "trigger.h");
  EXPECT_EQ(sweep.missed, std::vector<std::string>());
  EXPECT_EQ(sweep.caught.size(), 2u) << testing::PrintToString(sweep.caught);
}

}  // namespace
}  // namespace netpoll
