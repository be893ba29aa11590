// SPDX-License-Identifier: Apache-2.0
//
// The corners of what limits a connection: pauses and timers. The broken
// variant of a test is described above it.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "connection/connection.h"
#include "connection/stress_support.h"
#include "connection/support.h"
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

// Broken variant: Throttle::pause() does not look again. A resume() that comes
// between its two lines watches first, and the input is dead.
TEST_F(LimitsStress, ResumeThatMeetsAPauseIsNotLost) {
  std::atomic<int> reports{0};
  op->readable = [&](Op& it) {
    take_input(it);
    ++reports;
  };
  ASSERT_FALSE(poller->add(*op));
  Throttle throttle(*poller, *op);
  Partner partner([&](int) {
    while (!throttle.is_paused()) {
    }
    throttle.resume();
  });
  {
    const test::Jolts jolts(::pthread_self());
    for (int round = 1; round <= 5'000; ++round) {
      partner.start(round);
      throttle.pause();
      partner.wait(round);
      test::send_all(pair.far.get(), "x");
      const bool seen = eventually([&] { return reports == round; });
      EXPECT_TRUE(seen);
      if (!seen) break;
    }
  }
  poller->detach(*op);
}

// Broken variant: Input::fill() does not look for room after pause(). A reader
// that makes room in between finds no pause to end; then nobody does.
TEST_F(LimitsStress, RoomThatIsMadeDuringAPauseIsNotLost) {
  // Not the poller's: this thread plays it.
  Poller& idle = *poller;
  ASSERT_FALSE(idle.add(*op));
  ASSERT_FALSE(idle.watch_input(*op, false));
  KeyChain keys;
  Activity activity;
  Input input(keys, idle, *op, activity);
  input.set_max_input(1);
  Partner reader([&](int round) {
    spin(round % 300);
    EXPECT_FALSE(input.skip(1));
    input.release();
  });
  std::atomic<int> lost{0};
  {
    const test::Jolts jolts(::pthread_self());
    for (int round = 1; round <= 5'000 && lost == 0; ++round) {
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
  for (int i = 0; i < 3'000; ++i) {
    bool closed = false;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd&) {
      rounds.poller().set_timer(conn, Deadline());
      spin(i * 17 % 20'000);
      conn.set_idle_timeout(std::chrono::milliseconds(1));
      closed = eventually([&] { return !conn.is_active(); });
    }));
    ASSERT_TRUE(closed);
  }
}

// Broken variant: Poller::fire_timers() calls on_timer() without enter() and
// leave(). It runs after detach() has returned.
TEST_F(LimitsStress, NoTimerFiresAfterADetach) {
  std::atomic<int> late{0};
  for (int round = 0; round < 5'000; ++round) {
    const Ref<Op> one = make_ref<Op>(pair.near.get());
    const auto over = std::make_shared<std::atomic<bool>>(false);
    one->timer = [&late, over](Op&) {
      spin(200);
      if (*over) ++late;
    };
    ASSERT_FALSE(poller->add(*one));
    poller->set_timer(*one, Deadline());
    spin(round * 17 % 10'000);
    poller->detach(*one);
    *over = true;
  }
  stop();  // no more timers
  EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace netpoll
