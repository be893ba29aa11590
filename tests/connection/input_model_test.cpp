// SPDX-License-Identifier: Apache-2.0
//
// WaitedBytes and Throttle, the code that ships, under every interleaving and every
// value that the memory model allows: the two places where the poller that
// fills an input and the reader that empties it meet.

#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "model/explorer.h"
#include "netpoll/connection/throttle.h"
#include "netpoll/connection/waited_bytes.h"

namespace netpoll {
namespace {

using model::explore;
using model::Options;
using model::Report;
using model::require;
using model::Step;

// A reader that sleeps.

struct Sleep {
  BasicWaitedBytes<model::Sync> waited;
  model::Atomic<int> size{0};  // the buffer's; relaxed: waited orders it
  model::Atomic<bool> bell{false};
};

void bring_a_byte(Sleep& s) {
  s.size.fetch_add(1, std::memory_order_relaxed);
  if (s.waited.after_commit() == 1)
    s.bell.store(true, std::memory_order_release);
}

// As Trigger::wait().
void sleep(Sleep& s) {
  while (!s.bell.load(std::memory_order_acquire))
    model::Sync::yield();
  s.bell.exchange(false, std::memory_order_acq_rel);
}

void wait_for_bytes(Sleep& s, int n) {
  for (;;) {
    s.waited.set(1);
    if (s.size.load(std::memory_order_relaxed) >= n) break;
    sleep(s);
  }
  s.waited.clear();
}

Report sleeper_is_woken(const Options& options) {
  return explore<Sleep>(
      {bring_a_byte, [](Sleep& s) { wait_for_bytes(s, 1); }}, [](Sleep&) {},
      options);
}

Report sleeper_is_woken_the_second_time(const Options& options) {
  return explore<Sleep>(
      {[](Sleep& s) {
         bring_a_byte(s);
         bring_a_byte(s);
       },
       [](Sleep& s) {
         wait_for_bytes(s, 1);
         wait_for_bytes(s, 2);
       }},
      [](Sleep&) {}, options);
}

// Its deadline came while it wanted two; then it wants one.
Report sleeper_that_gave_up_is_woken(const Options& options) {
  return explore<Sleep>(
      {bring_a_byte,
       [](Sleep& s) {
         s.waited.set(2);
         s.waited.clear();
         wait_for_bytes(s, 1);
       }},
      [](Sleep&) {}, options);
}

// The broken variant: looks, and says only afterwards what it wants.
TEST(WaitedBytes, ReaderThatLooksBeforeItSetsSleepsOn) {
  const Report report =
      explore<Sleep>({bring_a_byte, [](Sleep& s) {
                        if (s.size.load(std::memory_order_relaxed) >= 1) return;
                        s.waited.set(1);
                        sleep(s);
                      }});
  EXPECT_NE(report.failure, "");
}

// A full input. Its limit is one byte, and the reader takes it.

struct Full {
  // As Poller::watch_input(): one call at a time, each sees the one before.
  struct Watch {
    model::Atomic<bool>* watched;
    void operator()(bool on) const {
      watched->exchange(on, std::memory_order_acq_rel);
    }
  };
  model::Atomic<bool> watched{true};
  model::Atomic<int> size{1};  // relaxed: the throttle orders it
  BasicThrottle<Watch, model::Sync> throttle{Watch{&watched}};
};

void stop_reading(Full& f) {
  f.throttle.pause();
  if (f.size.load(std::memory_order_relaxed) == 0) f.throttle.resume();
}

void make_room(Full& f) {
  f.size.store(0, std::memory_order_relaxed);
  f.throttle.resume();
}

void goes_on(Full& f) {
  require(f.watched.load(std::memory_order_relaxed), "there is room: it reads");
}

Report pause_that_meets_a_resume_ends(const Options& options) {
  return explore<Full>({stop_reading, make_room}, goes_on, options);
}

// The reader resumes late, and the poller has filled the input once more.
Report second_pause_that_meets_a_resume_ends(const Options& options) {
  return explore<Full>({[](Full& f) {
                          stop_reading(f);
                          stop_reading(f);
                        },
                        make_room},
                       goes_on, options);
}

TEST(Throttle, PauseWithoutALookAfterwardsReadsNoMore) {
  const Report report =
      explore<Full>({[](Full& f) { f.throttle.pause(); }, make_room}, goes_on);
  EXPECT_NE(report.failure, "");
}

std::vector<model::Scenario> scenarios() {
  return {
      {"SleeperIsWoken", sleeper_is_woken},
      {"SleeperIsWokenTheSecondTime", sleeper_is_woken_the_second_time},
      {"SleeperThatGaveUpIsWoken", sleeper_that_gave_up_is_woken},
      {"PauseThatMeetsAResumeEnds", pause_that_meets_a_resume_ends},
      {"SecondPauseThatMeetsAResumeEnds",
       second_pause_that_meets_a_resume_ends},
  };
}

class InputModel : public testing::TestWithParam<model::Scenario> {};

TEST_P(InputModel, HoldsInEveryExecution) {
  const Report report = GetParam().run({});
  EXPECT_EQ(report.failure, "");
  std::cout << report.executions << " executions, " << report.cut_short
            << " cut short\n";
}

INSTANTIATE_TEST_SUITE_P(Input, InputModel, testing::ValuesIn(scenarios()),
                         model::name_of_scenario);

// The test of the tests: no order in the two headers can be weakened unnoticed.
TEST(WaitedBytes, NeedsEveryOrderItNames) {
  const model::Sweep sweep = model::weaken_each(scenarios(), "waited_bytes.h");
  EXPECT_EQ(sweep.missed, std::vector<std::string>());
  EXPECT_EQ(sweep.caught.size(), 2u) << testing::PrintToString(sweep.caught);
}

TEST(Throttle, NeedsEveryOrderItNames) {
  const model::Sweep sweep = model::weaken_each(scenarios(), "throttle.h");
  EXPECT_EQ(sweep.missed, std::vector<std::string>());
  EXPECT_EQ(sweep.caught.size(), 2u) << testing::PrintToString(sweep.caught);
}

}  // namespace
}  // namespace netpoll
