// SPDX-License-Identifier: Apache-2.0
// What counts against max_input, one test for each way to count wrong. The test
// is the poller; it is the reader too, where the reader need not sleep.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>

#include "connection/room.h"
#include "netpoll/connection/input.h"
#include "netpoll/os/socket.h"
#include "poller/support.h"
#include "support/net.h"

namespace netpoll {
namespace {

constexpr std::size_t kLimit = 100;

using test::comes;

class LimitExercise : public testing::Test {
 protected:
  LimitExercise() {
    input_.set_max_input(kLimit);
    EXPECT_TRUE(test::send_all(pair_.far.get(), std::string(20'000, 'x')));
  }
  ~LimitExercise() override {
    static_cast<void>(life_.user_closed());
    input_.wake();
  }
  // One read of the poller: how many bytes came.
  std::size_t fill() {
    const Result<os::Moved> moved = input_.fill(pair_.near.get());
    EXPECT_TRUE(moved && !moved->eof);
    input_.wake_if_enough();
    return moved ? moved->bytes : 0;
  }
  bool view(std::size_t n) { return input_.next(n).has_value(); }
  // A reader that may sleep; the poller fills until it has its bytes.
  bool gets(std::size_t n) {
    auto got = std::async(std::launch::async, [&] { return view(n); });
    const bool came = comes([&] {
      fill();
      return got.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    if (!came) {
      static_cast<void>(life_.user_closed());
      input_.wake();
    }
    return got.get() && came;
  }

  GoPool pool_;
  PoolRunner runner_{pool_};
  std::unique_ptr<Poller> poller_ = *Poller::open(runner_);
  test::Pair pair_ = test::socket_pair();
  Ref<Op> op_ = make_ref<Op>(pair_.near.get());
  Lifecycle life_{false};
  Activity activity_;
  Input input_{life_, *poller_, *op_, activity_};
};

TEST_F(LimitExercise, WhatIsUnreadCounts) {
  input_.set_max_input(kLimit / 2);
  EXPECT_EQ(fill(), 50U) << "the input was empty, the limit is 50";
  input_.set_max_input(kLimit);
  EXPECT_EQ(fill(), 50U) << "50 bytes are unread, the limit is 100 now";
  EXPECT_EQ(fill(), 0U) << "100 bytes are unread, and the limit is 100";
}

TEST_F(LimitExercise, AViewThatIsOutCounts) {
  fill();
  ASSERT_TRUE(view(kLimit));
  EXPECT_TRUE(input_.is_full())
      << "a view of 100 bytes is out, nothing was given back; the limit is 100";
  EXPECT_EQ(fill(), 0U) << "a view of 100 bytes is out, and more came in";
}

// 20 kB wait in the kernel, and the reader takes and takes.
TEST_F(LimitExercise, AReaderThatNeverGivesBackIsStopped) {
  for (int i = 0; i < 50; ++i) {
    fill();
    ASSERT_TRUE(view(input_.size()));
  }
  EXPECT_EQ(input_.committed(), kLimit)
      << "so many bytes came in, none was given back, and the limit is 100";
}

TEST_F(LimitExercise, AfterAReleaseThePollerReadsOn) {
  fill();
  ASSERT_TRUE(view(kLimit));
  input_.release();
  EXPECT_FALSE(input_.is_full()) << "all was given back";
  EXPECT_EQ(fill(), kLimit);
}

TEST_F(LimitExercise, ThePauseLastsUntilTheRelease) {
  fill();
  fill();  // full: the poller pauses
  ASSERT_TRUE(view(kLimit));
  EXPECT_TRUE(input_.is_paused());
  input_.release();
  EXPECT_FALSE(input_.is_paused()) << "all was given back; who resumes?";
}

TEST_F(LimitExercise, WhatIsSkippedIsGivenBack) {
  fill();
  ASSERT_FALSE(input_.skip(60));
  EXPECT_EQ(fill(), 60U) << "60 bytes were skipped, and no view is out";
}

TEST_F(LimitExercise, ASecondViewGivesNothingBack) {
  fill();
  ASSERT_TRUE(view(40));
  ASSERT_TRUE(view(60));
  EXPECT_TRUE(input_.is_full())
      << "two views are out, 100 bytes in all, and the input is not full";
}

TEST_F(LimitExercise, ASkipBehindAViewGivesNothingBack) {
  fill();
  ASSERT_TRUE(view(40));
  ASSERT_FALSE(input_.skip(60));
  EXPECT_TRUE(input_.is_full())
      << "a view is out, so nothing was given back; the input is not full";
  input_.release();
  EXPECT_EQ(fill(), kLimit) << "all was given back";
}

TEST_F(LimitExercise, AViewOfAPartLeavesRoom) {
  input_.set_max_input(40);
  fill();
  ASSERT_TRUE(view(40));
  input_.set_max_input(kLimit);
  EXPECT_EQ(fill(), 60U) << "a view of 40 bytes is out, and the limit is 100";
  EXPECT_FALSE(input_.is_full_since(0));
}

TEST_F(LimitExercise, AWaitForMoreThanTheLimitIsLetIn) {
  EXPECT_TRUE(gets(250)) << "the reader waits for 250 bytes, the limit keeps "
                            "them out, and nobody will ever make room";
}

TEST_F(LimitExercise, SoItIsBesideAView) {
  fill();
  ASSERT_TRUE(view(40));
  EXPECT_TRUE(gets(250)) << "40 bytes are out as a view, 250 are waited for: "
                            "the view takes their room";
}

TEST_F(LimitExercise, AfterTheWaitTheLimitHoldsAgain) {
  ASSERT_TRUE(gets(250));
  input_.release();
  std::size_t unread = input_.size();
  for (int i = 0; i < 5; ++i)
    unread += fill();
  EXPECT_LE(unread, kLimit) << "nobody waits any more, and the limit is 100";
}

TEST_F(LimitExercise, ZeroIsNoLimit) {
  input_.set_max_input(0);
  EXPECT_GT(fill(), kLimit) << "max_input 0 means that there is no limit";
  EXPECT_FALSE(input_.is_full());
}

}  // namespace
}  // namespace netpoll
