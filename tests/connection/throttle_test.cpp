// SPDX-License-Identifier: Apache-2.0
#include "netpoll/connection/throttle.h"

#include <gtest/gtest.h>

#include <atomic>

#include "poller/support.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::eventually;

// An operator that takes its input and counts how often it was reported.
class ThrottleTest : public PollerTest {
 protected:
  ThrottleTest() {
    op->readable = [this](Op& it) {
      take_input(it);
      ++reports;
    };
    op->hangup = [this](Op& it) {
      poller->detach(it);
      gone.pull();
    };
    EXPECT_FALSE(poller->add(*op));
  }
  ~ThrottleTest() override { poller->detach(*op); }

  bool is_reported(int times) {
    return eventually([this, times] { return reports == times; });
  }

  std::atomic<int> reports{0};
  Trigger gone;
  Throttle throttle{WatchInput{*poller, *op}};
};

TEST_F(ThrottleTest, ReadsUntilItIsPaused) {
  EXPECT_FALSE(throttle.is_paused());
  test::send_all(pair.far.get(), "x");
  EXPECT_TRUE(is_reported(1));
}

TEST_F(ThrottleTest, PausedItReportsNoInput) {
  throttle.pause();
  EXPECT_TRUE(throttle.is_paused());
  test::send_all(pair.far.get(), "x");
  test::turn_over(*poller);
  EXPECT_EQ(reports, 0);
}

TEST_F(ThrottleTest, ResumedItReportsWhatCameMeanwhile) {
  throttle.pause();
  test::send_all(pair.far.get(), "x");
  throttle.resume();
  EXPECT_FALSE(throttle.is_paused());
  EXPECT_TRUE(is_reported(1));
}

TEST_F(ThrottleTest, PausesAgainAfterAResume) {
  throttle.pause();
  throttle.resume();
  throttle.pause();
  test::send_all(pair.far.get(), "x");
  test::turn_over(*poller);
  EXPECT_EQ(reports, 0);
}

TEST_F(ThrottleTest, ResumeWithoutAPauseWatchesNothing) {
  ASSERT_FALSE(poller->watch_input(*op, false));
  throttle.resume();
  test::send_all(pair.far.get(), "x");
  test::turn_over(*poller);
  EXPECT_EQ(reports, 0);
}

TEST_F(ThrottleTest, PausedItStillReportsAHangUp) {
  throttle.pause();
  pair.far.reset();
  EXPECT_TRUE(gone.wait_until(test::soon()));
}

}  // namespace
}  // namespace netpoll
