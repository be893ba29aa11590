// SPDX-License-Identifier: Apache-2.0
//
// set_to_soonest(), the code that ships, under every interleaving: two threads
// that each bring a moment, or move the same one.

#include "netpoll/connection/alarm.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/explorer.h"

namespace netpoll {
namespace {

using model::explore;
using model::Report;
using model::require;

constexpr int kNone = 9;

struct Moments {
  // relaxed: the timer orders them.
  model::Atomic<int> idle{kNone};
  model::Atomic<int> linger{kNone};
  // As Poller::set_timer(): one call at a time, each sees the one before.
  model::Atomic<int> timer{kNone};

  int soonest() {
    return std::min(idle.load(std::memory_order_relaxed),
                    linger.load(std::memory_order_relaxed));
  }
  void set(int at) { timer.exchange(at, std::memory_order_acq_rel); }
  void set_alarm() {
    set_to_soonest([this] { return soonest(); }, [this](int at) { set(at); });
  }
};

void fires_in_time(Moments& m) {
  require(m.timer.load(std::memory_order_relaxed) <= m.soonest(),
          "the timer is set to the soonest moment, or to an earlier one");
}

void bring_linger(Moments& m) {
  m.linger.store(3, std::memory_order_relaxed);
  m.set_alarm();
}

Report of_two(void (*one)(Moments&), void (*other)(Moments&)) {
  Report report = explore<Moments>({one, other}, fires_in_time);
  EXPECT_GT(report.executions, 1u);
  return report;
}

TEST(AlarmModel, TwoMomentsThatComeAtOnceLeaveTheSooner) {
  const Report report = of_two(
      [](Moments& m) {
        m.idle.store(7, std::memory_order_relaxed);
        m.set_alarm();
      },
      bring_linger);
  EXPECT_EQ(report.failure, "");
}

// A close begins to linger while another thread ends the linger.
TEST(AlarmModel, AMomentThatMovesForwardAsItIsSetIsNotMissed) {
  const Report report = of_two(
      [](Moments& m) {
        m.linger.fetch_add(-2, std::memory_order_relaxed);
        m.set_alarm();
      },
      [](Moments& m) {
        m.linger.fetch_add(-4, std::memory_order_relaxed);
        m.set_alarm();
      });
  EXPECT_EQ(report.failure, "");
}

// The broken variant: the thread sets the timer to the moment that it brings.
TEST(AlarmModel, WithoutASecondLookAMomentIsMissed) {
  const Report report = of_two(
      [](Moments& m) {
        m.idle.store(7, std::memory_order_relaxed);
        m.set(m.soonest());
      },
      bring_linger);
  EXPECT_NE(report.failure, "");
}

}  // namespace
}  // namespace netpoll
