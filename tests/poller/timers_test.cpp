// SPDX-License-Identifier: Apache-2.0
//
// The first half tests Timers alone, and passes the time to it as a number. In
// the second half a poller reads the clock, and each moment is long past or far
// in the future.
#include "netpoll/poller/timers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "poller/support.h"
#include "support/turn.h"
#include "support/waits.h"

namespace netpoll {
namespace {

using test::eventually;
using test::turn_over;

Deadline moment(int n) {
  return Deadline() + std::chrono::hours(n);
}

class TimersTest : public testing::Test {
 protected:
  std::vector<FdOperator*> take_due(Deadline now, std::size_t most = 8) {
    std::vector<FdOperator*> room(most);
    const auto due = timers.take_due(now, room);
    return {due.begin(), due.end()};
  }

  Timers timers;
  const Ref<Op> a = make_ref<Op>(-1);
  const Ref<Op> b = make_ref<Op>(-1);
  const Ref<Op> c = make_ref<Op>(-1);
};

using Due = std::vector<FdOperator*>;

TEST_F(TimersTest, WithoutOneTheSoonestIsNever) {
  EXPECT_EQ(timers.soonest(), kNever);
  EXPECT_EQ(take_due(kNever), Due());
}

TEST_F(TimersTest, SoonestComesFirstWhateverTheOrderOfSetting) {
  timers.set(*a, moment(3));
  timers.set(*b, moment(1));
  timers.set(*c, moment(2));
  EXPECT_EQ(timers.soonest(), moment(1));
  EXPECT_EQ(take_due(moment(9)), Due({b.get(), c.get(), a.get()}));
}

TEST_F(TimersTest, TakesOnlyThoseWhoseMomentHasCome) {
  timers.set(*a, moment(1));
  timers.set(*b, moment(2));
  timers.set(*c, moment(3));
  EXPECT_EQ(take_due(moment(2)), Due({a.get(), b.get()}));
  EXPECT_EQ(timers.soonest(), moment(3));
  EXPECT_EQ(take_due(moment(2)), Due());
}

TEST_F(TimersTest, LaterMomentTakesThePlaceOfTheEarlier) {
  timers.set(*a, moment(1));
  timers.set(*a, moment(5));
  EXPECT_EQ(take_due(moment(4)), Due());
  EXPECT_EQ(take_due(moment(5)), Due({a.get()}));
}

TEST_F(TimersTest, NeverTakesTheMomentAway) {
  timers.set(*a, moment(1));
  timers.set(*a, kNever);
  EXPECT_EQ(timers.soonest(), kNever);
  EXPECT_EQ(take_due(moment(9)), Due());
}

TEST_F(TimersTest, TwoAtOneMomentAreBothTaken) {
  timers.set(*a, moment(1));
  timers.set(*b, moment(1));
  EXPECT_EQ(take_due(moment(1)).size(), 2u);
}

TEST_F(TimersTest, TakesNoMoreThanThereIsRoomForAndTheRestStaysDue) {
  timers.set(*a, moment(1));
  timers.set(*b, moment(2));
  timers.set(*c, moment(3));
  EXPECT_EQ(take_due(moment(9), 2), Due({a.get(), b.get()}));
  EXPECT_EQ(timers.soonest(), moment(3));
  EXPECT_EQ(take_due(moment(9), 2), Due({c.get()}));
}

TEST_F(TimersTest, SaysWhetherThePollerWouldSleepTooLong) {
  EXPECT_TRUE(timers.set(*a, moment(5)));
  EXPECT_FALSE(timers.set(*b, moment(6)));
  EXPECT_TRUE(timers.set(*b, moment(4)));
  EXPECT_FALSE(timers.set(*b, moment(7)));
  EXPECT_FALSE(timers.set(*b, kNever));
}

TEST_F(PollerTest, CallsOnTimerWhenTheMomentHasCome) {
  Trigger fired;
  std::thread::id where;
  op->timer = [&](Op&) {
    where = std::this_thread::get_id();
    fired.pull();
  };
  ASSERT_FALSE(poller->add(*op));
  poller->set_timer(*op, Deadline::clock::now());
  EXPECT_TRUE(fired.wait_until(test::soon()));
  poller->detach(*op);
  EXPECT_EQ(where, thread.get_id());
}

TEST_F(PollerTest, SoonerMomentWakesAPollerThatSleepsForALaterOne) {
  Trigger fired;
  op->timer = [&](Op&) { fired.pull(); };
  ASSERT_FALSE(poller->add(*op));
  poller->set_timer(*op, Deadline::clock::now() + std::chrono::hours(1));
  turn_over(*poller);  // it now sleeps for the later moment, or will
  poller->set_timer(*op, Deadline::clock::now() + std::chrono::milliseconds(1));
  EXPECT_TRUE(fired.wait_until(test::soon()));
  poller->detach(*op);
}

TEST_F(PollerTest, MomentBeforeAllTimeIsOneThatHasCome) {
  Trigger fired;
  op->timer = [&](Op&) { fired.pull(); };
  ASSERT_FALSE(poller->add(*op));
  poller->set_timer(*op, Deadline::min());
  EXPECT_TRUE(fired.wait_until(test::soon()));
  poller->detach(*op);
}

TEST_F(PollerTest, TimerFiresOnceForEachSetting) {
  std::atomic<int> fired{0};
  op->timer = [&](Op&) { ++fired; };
  ASSERT_FALSE(poller->add(*op));
  poller->set_timer(*op, Deadline());
  EXPECT_TRUE(eventually([&] { return fired == 1; }));
  turn_over(*poller);
  EXPECT_EQ(fired, 1);
  poller->set_timer(*op, Deadline());
  EXPECT_TRUE(eventually([&] { return fired == 2; }));
  poller->detach(*op);
}

TEST_F(PollerTest, TimerMayBeSetAgainInOnTimer) {
  std::atomic<int> fired{0};
  op->timer = [&](Op& it) {
    if (++fired < 3) poller->set_timer(it, Deadline());
  };
  ASSERT_FALSE(poller->add(*op));
  poller->set_timer(*op, Deadline());
  EXPECT_TRUE(eventually([&] { return fired == 3; }));
  poller->detach(*op);
}

TEST_F(PollerTest, TimerOfWhatIsNotWatchedDoesNothing) {
  std::atomic<int> fired{0};
  op->timer = [&](Op&) { ++fired; };
  poller->set_timer(*op, Deadline());
  ASSERT_FALSE(poller->add(*op));
  poller->detach(*op);
  poller->set_timer(*op, Deadline());
  turn_over(*poller);
  EXPECT_EQ(fired, 0);
}

// Both timers are due in one turn. The one that fires first detaches the other
// operator.
TEST_F(PollerTest, TimerOfAnOperatorThatIsDetachedDoesNotFire) {
  const test::Pair other = test::socket_pair();
  const Ref<Op> second = make_ref<Op>(other.near.get());
  std::atomic<int> fired{0};
  const auto detach_the_other = [&](Op& it) {
    ++fired;
    poller->detach(&it == op.get() ? *second : *op);
  };
  op->timer = second->timer = detach_the_other;
  Trigger inside;
  Trigger go_on;
  op->readable = [&](Op& it) {
    take_input(it);
    inside.pull();
    go_on.wait();
  };
  ASSERT_FALSE(poller->add(*op));
  ASSERT_FALSE(poller->add(*second));
  test::send_all(pair.far.get(), "x");
  inside.wait();
  poller->set_timer(*op, Deadline());
  poller->set_timer(*second, Deadline());
  go_on.pull();
  EXPECT_TRUE(eventually([&] { return fired > 0; }));
  poller->detach(*op);
  poller->detach(*second);
  EXPECT_EQ(fired, 1);
}

// Broken variant: Poller::timeout_ms() returns 0 whenever a timer is set. Each
// barrier costs the poller a few turns; between two of them it must sleep.
TEST_F(PollerTest, SleepsUntilATimerInTheFutureIsDue) {
  constexpr int kBarriers = 200;
  constexpr std::uint64_t kTurnsForEach = 6;
  ASSERT_FALSE(poller->add(*op));
  poller->set_timer(*op, Deadline::clock::now() + std::chrono::hours(1));
  turn_over(*poller);
  const std::uint64_t before = poller->turns();
  for (int i = 0; i < kBarriers; ++i)
    turn_over(*poller);
  EXPECT_LE(poller->turns() - before, kBarriers * kTurnsForEach);
  poller->detach(*op);
}

// Broken variant: a short sleep comes before the turn that fires it.
TEST_F(PollerTest, TimerThatIsDueFiresWithoutASleep) {
  constexpr int kTimes = 500;
  Trigger over;
  int left = kTimes;
  long waited = 0;
  op->timer = [&](Op& it) {
    if (left == kTimes) waited = -test::waits();
    if (--left > 0) return poller->set_timer(it, Deadline());
    waited += test::waits();
    over.pull();
  };
  ASSERT_FALSE(poller->add(*op));
  poller->set_timer(*op, Deadline());
  ASSERT_TRUE(over.wait_until(test::soon()));
  EXPECT_LT(waited, kTimes / 10);
  poller->detach(*op);
}

// No later turn could fire them. They are more than a turn fires at once.
TEST_F(PollerTest, FiresEachTimerThatIsSetWhenItStops) {
  constexpr int kOperators = 300;
  std::vector<UniqueFd> fds;
  std::vector<Ref<Op>> ops;
  std::atomic<int> fired{0};
  for (int i = 0; i < kOperators; ++i) {
    fds.push_back(*os::open_eventfd());
    ops.push_back(make_ref<Op>(fds.back().get()));
    ops.back()->timer = [&](Op&) { ++fired; };
    ASSERT_FALSE(poller->add(*ops.back()));
    poller->set_timer(*ops.back(),
                      Deadline::clock::now() + std::chrono::hours(1));
  }
  stop();
  EXPECT_EQ(fired, kOperators);
  for (const Ref<Op>& each : ops)
    poller->detach(*each);
}

// More timers are due at once than the budget of one turn.
TEST_F(PollerTest, TimersOverTheBudgetOfATurnFireInTheNextOne) {
  constexpr int kOperators = 300;
  std::vector<UniqueFd> fds;
  std::vector<Ref<Op>> ops;
  std::atomic<int> fired{0};
  std::set<std::uint64_t> turns;
  for (int i = 0; i < kOperators; ++i) {
    fds.push_back(*os::open_eventfd());
    ops.push_back(make_ref<Op>(fds.back().get()));
    ops.back()->timer = [&](Op&) {
      turns.insert(poller->turns());
      ++fired;
    };
    ASSERT_FALSE(poller->add(*ops.back()));
  }
  on_poller([&] {
    for (const Ref<Op>& each : ops)
      poller->set_timer(*each, Deadline());
  });
  EXPECT_TRUE(eventually([&] { return fired == kOperators; }));
  for (const Ref<Op>& each : ops)
    poller->detach(*each);
  EXPECT_EQ(turns.size(), 2u);
}

}  // namespace
}  // namespace netpoll
