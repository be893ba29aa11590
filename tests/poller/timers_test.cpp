// SPDX-License-Identifier: Apache-2.0
//
// The first half asks Timers alone, with moments that are mere numbers; in the
// second a poller keeps the time, with moments long past or far away.
#include "netpoll/poller/timers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "poller/support.h"

namespace netpoll {
namespace {

using test::eventually;

Deadline moment(int n) {
  return Deadline() + std::chrono::hours(n);
}

class TimersTest : public testing::Test {
 protected:
  Timers timers;
  const Ref<Op> a = make_ref<Op>(-1);
  const Ref<Op> b = make_ref<Op>(-1);
  const Ref<Op> c = make_ref<Op>(-1);
};

using Due = std::vector<FdOperator*>;

TEST_F(TimersTest, WithoutOneTheSoonestIsNever) {
  EXPECT_EQ(timers.soonest(), kNever);
  EXPECT_EQ(timers.take_due(kNever), Due());
}

TEST_F(TimersTest, SoonestComesFirstWhateverTheOrderOfSetting) {
  timers.set(*a, moment(3));
  timers.set(*b, moment(1));
  timers.set(*c, moment(2));
  EXPECT_EQ(timers.soonest(), moment(1));
  EXPECT_EQ(timers.take_due(moment(9)), Due({b.get(), c.get(), a.get()}));
}

TEST_F(TimersTest, TakesOnlyThoseWhoseMomentHasCome) {
  timers.set(*a, moment(1));
  timers.set(*b, moment(2));
  timers.set(*c, moment(3));
  EXPECT_EQ(timers.take_due(moment(2)), Due({a.get(), b.get()}));
  EXPECT_EQ(timers.soonest(), moment(3));
  EXPECT_EQ(timers.take_due(moment(2)), Due());
}

TEST_F(TimersTest, LaterMomentTakesThePlaceOfTheEarlier) {
  timers.set(*a, moment(1));
  timers.set(*a, moment(5));
  EXPECT_EQ(timers.take_due(moment(4)), Due());
  EXPECT_EQ(timers.take_due(moment(5)), Due({a.get()}));
}

TEST_F(TimersTest, NeverTakesTheMomentAway) {
  timers.set(*a, moment(1));
  timers.set(*a, kNever);
  EXPECT_EQ(timers.soonest(), kNever);
  EXPECT_EQ(timers.take_due(moment(9)), Due());
}

TEST_F(TimersTest, TwoAtOneMomentAreBothTaken) {
  timers.set(*a, moment(1));
  timers.set(*b, moment(1));
  EXPECT_EQ(timers.take_due(moment(1)).size(), 2u);
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
  test::give_others_a_chance();  // asleep, if it is ever
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
  test::give_others_a_chance();
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
  test::give_others_a_chance();
  EXPECT_EQ(fired, 0);
}

// The first of the two takes the other away, which is due in the same turn.
TEST_F(PollerTest, TimerOfAnOperatorThatIsDetachedDoesNotFire) {
  const test::Pair other = test::socket_pair();
  const Ref<Op> second = make_ref<Op>(other.near.get());
  std::atomic<int> fired{0};
  const auto take_the_other = [&](Op& it) {
    ++fired;
    poller->detach(&it == op.get() ? *second : *op);
  };
  op->timer = second->timer = take_the_other;
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

}  // namespace
}  // namespace netpoll
