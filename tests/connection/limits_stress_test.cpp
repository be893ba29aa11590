// SPDX-License-Identifier: Apache-2.0
//
// The corners of what limits a connection: pauses and timers. The broken
// variant of a test is described above it.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "connection/stress_support.h"
#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "poller/support.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;
using test::Partner;
using test::Rounds;
using test::spin;

class LimitsStress : public PollerTest {};

// Who waits for `mutex` gets it in another order than he came: whoever is woken
// finds it taken once more, and lines up again behind the others.
void reorder_waiters(Mutex& mutex, int times) {
  mutex.lock();
  for (int i = 0; i < times; ++i) {
    mutex.unlock();
    mutex.lock();
    test::give_others_a_chance();
  }
  mutex.unlock();
}

// Broken variant: Throttle::pause() does not look again. A resume() that comes
// between its two lines watches first, and the input is dead.
TEST_F(LimitsStress, ResumeThatMeetsAPauseIsNotLost) {
  std::atomic<int> reports{0};
  op->readable = [&](Op& it) {
    take_input(it);
    ++reports;
  };
  ASSERT_FALSE(poller->add(*op));
  Throttle throttle(WatchInput{*poller, *op});
  Partner pauser([&](int) { throttle.pause(); });
  Partner resumer([&](int) { throttle.resume(); });
  Mutex& control = FdOperatorTest::control(*op);
  for (int round = 1; round <= 200; ++round) {
    control.lock();  // both stop before they watch, or watch no more
    pauser.start(round);
    while (!throttle.is_paused())
      std::this_thread::yield();
    resumer.start(round);
    while (throttle.is_paused())
      std::this_thread::yield();
    control.unlock();
    reorder_waiters(control, round % 4);
    pauser.wait(round);
    resumer.wait(round);
    test::send_all(pair.far.get(), "x");
    const bool seen = eventually([&] { return reports == round; });
    EXPECT_TRUE(seen);
    if (!seen) break;
  }
  poller->detach(*op);
}

// Broken variant: Input::fill() does not look for room after pause(). A reader
// that makes room in between finds no pause to end; then nobody does. The variant has not been
// seen failing: the window is a few instructions wide.
TEST_F(LimitsStress, RoomThatIsMadeDuringAPauseIsNotLost) {
  // Not the poller's: this thread plays it.
  Poller& idle = *poller;
  ASSERT_FALSE(idle.add(*op));
  ASSERT_FALSE(idle.watch_input(*op, false));
  Lifecycle life(false);
  Activity activity;
  Input input(life, idle, *op, activity);
  input.set_max_input(1);
  Partner reader([&](int round) {
    spin(round % 300);
    EXPECT_FALSE(input.skip(1));
    input.release();
  });
  int lost = 0;
  {
    for (int round = 1; round <= 20'000 && lost == 0; ++round) {
      test::send_all(pair.far.get(), "x");
      input.resume();
      ASSERT_TRUE(input.fill(pair.near.get()));
      ASSERT_EQ(input.size(), 1u);
      reader.start(round);
      spin(round % 200);
      static_cast<void>(input.fill(pair.near.get()));  // full, or nothing there
      reader.wait(round);
      if (input.is_paused()) ++lost;
      static_cast<void>(idle.watch_input(*op, false));
    }
  }
  EXPECT_EQ(lost, 0);
  poller->detach(*op);
}

// Broken variant: Connection::set_alarm() does not look again. The timer that
// set_idle_timeout() has set is overwritten by on_timer()'s older one.
TEST(IdleTimeoutStress, OneSetWhileTheTimerFiresHolds) {
  Rounds rounds({});
  for (int i = 1; i <= 100; ++i) {
    bool closed = false;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd&) {
      conn.set_idle_timeout(std::chrono::hours(1));
      Partner setter(
          [&](int) { conn.set_idle_timeout(std::chrono::milliseconds(1)); });
      Mutex& control = FdOperatorTest::control(conn);
      // on_timer() and the setter both stop before they set the timer.
      rounds.poller().set_timer(conn, Deadline());
      control.lock();
      test::give_others_a_chance();
      setter.start(1);
      test::give_others_a_chance();
      control.unlock();
      reorder_waiters(control, i % 4);
      setter.wait(1);
      closed = eventually([&] { return !conn.is_active(); });
    }));
    ASSERT_TRUE(closed);
  }
}

// Broken variant: Poller::fire_timers() calls on_timer() without enter() and
// leave(). It runs after detach() has returned.
TEST_F(LimitsStress, NoTimerFiresAfterADetach) {
  std::atomic<int> late{0};
  std::atomic<int> entered{0};
  for (int round = 1; round <= 2'000; ++round) {
    const Ref<Op> one = make_ref<Op>(pair.near.get());
    const auto over = std::make_shared<std::atomic<bool>>(false);
    one->timer = [&, round, over](Op&) {
      entered = round;
      spin(5'000);
      if (*over) ++late;
    };
    ASSERT_FALSE(poller->add(*one));
    poller->set_timer(*one, Deadline());
    // Half of them while it fires, half of them about when it does.
    if (round % 2 == 0) eventually([&] { return entered == round; });
    poller->detach(*one);
    *over = true;
  }
  stop();  // no more timers
  EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace netpoll
