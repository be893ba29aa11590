// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong. The test
// is the poller and the reader at once, so no thread runs beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "netpoll/connection/input.h"
#include "netpoll/os/socket.h"
#include "poller/support.h"
#include "support/net.h"

namespace netpoll {
namespace {

constexpr std::size_t kFirst = 8192;  // what the first read takes at most

class ReceiveExercise : public testing::Test {
 protected:
  os::Moved fill(std::size_t most = kNoLimit) {
    const Result<os::Moved> moved = input_.fill(pair_.near.get(), most);
    EXPECT_TRUE(moved) << "fill() failed: " << moved.error().message();
    return moved.value_or(os::Moved{});
  }
  void send(std::string_view text) const {
    ASSERT_TRUE(test::send_all(pair_.far.get(), text));
  }
  std::size_t in_kernel() const { return os::bytes_waiting(pair_.near.get()); }
  // All that was committed, taken and given back.
  std::string take(std::size_t most = kNoLimit) {
    const std::size_t n = std::min(input_.size(), most);
    const auto text = input_.read_string(n);
    return text ? *text : "";
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

TEST_F(ReceiveExercise, WhatTheKernelHasComesIn) {
  send("hello");
  const os::Moved moved = fill();
  EXPECT_EQ(moved.bytes, 5U);
  EXPECT_EQ(input_.size(), 5U)
      << "the reader can see so many bytes of \"hello\"";
  EXPECT_EQ(take(), "hello");
}

TEST_F(ReceiveExercise, NothingNowIsNotTheEnd) {
  const os::Moved moved = fill();
  EXPECT_TRUE(moved.again) << "the kernel has nothing now: that is `again`";
  EXPECT_FALSE(moved.eof) << "the peer is still there, and you said it has "
                             "finished: its connection would be closed";
  EXPECT_EQ(moved.bytes, 0U);
  EXPECT_FALSE(input_.is_paused()) << "there is room: nobody would end a pause";
}

TEST_F(ReceiveExercise, TheEndOfTheStreamIsTold) {
  pair_.far.reset();
  const os::Moved moved = fill();
  EXPECT_TRUE(moved.eof) << "the peer has finished, and nobody was told: the "
                            "poller reports this socket for ever";
  EXPECT_FALSE(moved.again);
  EXPECT_EQ(input_.size(), 0U);
}

TEST_F(ReceiveExercise, AFailureIsTheSystemsError) {
  const Result<os::Moved> moved = input_.fill(-1);
  ASSERT_FALSE(moved) << "recv(2) on a descriptor that is none has failed, and "
                         "fill() did not say so";
  EXPECT_EQ(moved.error(), std::errc::bad_file_descriptor);
}

TEST_F(ReceiveExercise, NotAByteBeyondTheLimitComesIn) {
  input_.set_max_input(100);
  send(std::string(1000, 'x'));
  EXPECT_EQ(fill().bytes, 100U) << "the limit is 100 bytes, all of them free";
  EXPECT_EQ(input_.size(), 100U);
}

TEST_F(ReceiveExercise, AFullInputIsNoEnd) {
  input_.set_max_input(100);
  send(std::string(1000, 'x'));
  fill();
  const os::Moved moved = fill();
  EXPECT_FALSE(moved.eof)
      << "the input is full, and you said that the peer has "
         "finished";
  EXPECT_TRUE(moved.again) << "nothing was read now: that is `again`";
  EXPECT_EQ(moved.bytes, 0U);
  EXPECT_EQ(in_kernel(), 900U) << "the kernel should keep what has no room";
}

TEST_F(ReceiveExercise, AFullInputIsPaused) {
  input_.set_max_input(100);
  send(std::string(1000, 'x'));
  fill();
  fill();
  EXPECT_TRUE(input_.is_paused())
      << "nobody told the poller to stop: it will call fill() in every turn";
}

// With a share of 0 bytes fill() finds nothing to read, and still there is room
// when it looks again: as if the reader had made room between the two looks.
TEST_F(ReceiveExercise, RoomThatCameBeforeThePauseEndsIt) {
  input_.set_max_input(100);
  send("hello");
  EXPECT_TRUE(fill(0).again);
  EXPECT_FALSE(input_.is_paused())
      << "there is room, and the poller does not read: who will ever end this?";
  EXPECT_EQ(in_kernel(), 5U) << "the share was 0 bytes";
}

TEST_F(ReceiveExercise, AfterRoomWasMadeItReadsOn) {
  input_.set_max_input(100);
  send(std::string(1000, 'x'));
  fill();
  fill();
  take(60);
  EXPECT_FALSE(input_.is_paused());
  EXPECT_EQ(fill().bytes, 60U) << "60 bytes were taken and given back";
  EXPECT_EQ(input_.size(), 100U);
}

TEST_F(ReceiveExercise, NoMoreThanTheShareOfTheTurnComesIn) {
  send(std::string(1000, 'x'));
  EXPECT_EQ(fill(10).bytes, 10U) << "fill() was given a share of 10 bytes";
  EXPECT_EQ(in_kernel(), 990U);
}

TEST_F(ReceiveExercise, OneFillIsOneRead) {
  send(std::string(kFirst + 100, 'x'));
  EXPECT_EQ(fill().bytes, kFirst) << "one recv brings so much";
  EXPECT_EQ(in_kernel(), 100U)
      << "the epoll reports the rest; others come first";
}

TEST_F(ReceiveExercise, AFullReadDoublesTheNext) {
  send(std::string(kFirst + 3 * kFirst, 'x'));
  fill();
  EXPECT_EQ(fill().bytes, 2 * kFirst)
      << "the first read was filled to the brim; the next asks for twice as "
         "much";
}

TEST_F(ReceiveExercise, ASmallReadDoesNotDoubleTheNext) {
  send("hello");
  fill();
  fill();  // nothing
  send(std::string(3 * kFirst, 'x'));
  std::size_t largest = 0;
  for (int i = 0; i < 2; ++i)
    largest = std::max(largest, fill().bytes);
  EXPECT_LE(largest, kFirst) << "5 bytes had come, and then none: that is no "
                                "reason to read more at a time";
}

TEST_F(ReceiveExercise, WhatCameIsCommittedAndNothingElse) {
  send("ab");
  fill();
  fill();  // nothing
  send("cd");
  fill();
  ASSERT_EQ(input_.size(), 4U) << "\"ab\" came, then nothing, then \"cd\"";
  EXPECT_EQ(take(), "abcd");
}

TEST_F(ReceiveExercise, BytesThatCameAreActivity) {
  activity_.set_timeout(std::chrono::hours(1));
  const Deadline before = activity_.idle_at();
  send("hello");
  ASSERT_TRUE(test::eventually(
      [&] { return Deadline::clock::now() + std::chrono::hours(1) > before; }));
  fill();
  EXPECT_GT(activity_.idle_at(), before)
      << "5 bytes came, and the connection is as idle as before";
}

TEST_F(ReceiveExercise, AnEmptyReadIsNoActivity) {
  activity_.set_timeout(std::chrono::hours(1));
  const Deadline before = activity_.idle_at();
  ASSERT_TRUE(test::eventually(
      [&] { return Deadline::clock::now() + std::chrono::hours(1) > before; }));
  fill();
  EXPECT_EQ(activity_.idle_at(), before)
      << "nothing came: a silent peer would never be idle";
}

// 300 kB through an input of 5000 bytes, read in pieces of other sizes.
TEST_F(ReceiveExercise, EveryByteComesOnceAndInOrder) {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i)
    text += std::to_string(i) + ' ';
  input_.set_max_input(5000);
  std::string got;
  std::size_t sent = 0;
  for (std::size_t round = 0; round < 2000 && got.size() < text.size();
       ++round) {
    const std::size_t part = std::min(text.size() - sent, 100 + round % 700);
    ASSERT_LT(sent - got.size(), 100'000U) << "so much was sent and not read";
    send(std::string_view(text).substr(sent, part));
    sent += part;
    fill(3000);
    ASSERT_LE(input_.size(), 5000U) << "more than the limit came in";
    got += take(round % 3 == 0 ? 37 : kNoLimit);
  }
  EXPECT_EQ(got.size(), text.size()) << "so many bytes came of 300 kB";
  EXPECT_TRUE(got == text) << "the bytes are not those that were sent";
}

}  // namespace
}  // namespace netpoll
