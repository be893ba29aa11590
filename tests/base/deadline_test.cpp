// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic with moments and lengths of time. UBSan looks for overflows.
#include "netpoll/base/deadline.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace netpoll {
namespace {

using namespace std::chrono;

template <class Length>
class DeadlineAfter : public testing::Test {};

using Lengths =
    testing::Types<nanoseconds, microseconds, milliseconds, seconds, minutes,
                   hours, duration<int, std::milli>, duration<std::int8_t>,
                   duration<std::uint64_t, std::milli>, duration<unsigned>>;
TYPED_TEST_SUITE(DeadlineAfter, Lengths);

TYPED_TEST(DeadlineAfter, OfTheLongestLengthIsInTheFuture) {
  EXPECT_GT(deadline_after(TypeParam::max()), Deadline::clock::now());
}

TYPED_TEST(DeadlineAfter, OfTheShortestLengthIsNotInTheFuture) {
  const Deadline at = deadline_after(TypeParam::min());
  EXPECT_LE(at, Deadline::clock::now());
}

TYPED_TEST(DeadlineAfter, OfZeroIsNow) {
  const Deadline before = Deadline::clock::now();
  const Deadline at = deadline_after(TypeParam::zero());
  EXPECT_GE(at, before);
  EXPECT_LE(at, Deadline::clock::now());
}

TEST(DeadlineAfterEnds, IsNeverWhenTheClockDoesNotGoSoFar) {
  EXPECT_EQ(deadline_after(nanoseconds::max()), kNever);
  EXPECT_EQ(deadline_after(milliseconds::max()), kNever);
  EXPECT_EQ(deadline_after(hours::max()), kNever);
  EXPECT_EQ(deadline_after(duration<std::uint64_t>::max()), kNever);
}

TEST(DeadlineAfterEnds, IsTheClocksFirstMomentWhenItDoesNotGoBackSoFar) {
  EXPECT_EQ(deadline_after(milliseconds::min()), Deadline::min());
  EXPECT_EQ(deadline_after(hours::min()), Deadline::min());
  EXPECT_LT(deadline_after(nanoseconds::min()), Deadline());
}

TEST(DeadlineAfterEnds, IsExactWhereTheClockGoes) {
  const Deadline now = Deadline::clock::now();
  EXPECT_GE(deadline_after(hours(1)), now + minutes(60));
  EXPECT_LT(deadline_after(hours(1)), now + minutes(61));
  EXPECT_LT(deadline_after(hours(-1)), now);
  EXPECT_GE(deadline_after(hours(-1)), now - minutes(60));
  EXPECT_LT(deadline_after(seconds(-1)), now);
}

TEST(DeadlineOf, IsNeverForATimeoutOfZeroOrLess) {
  EXPECT_EQ(deadline_of(milliseconds(0)), kNever);
  EXPECT_EQ(deadline_of(milliseconds(-1)), kNever);
  EXPECT_EQ(deadline_of(milliseconds::min()), kNever);
  EXPECT_EQ(deadline_of(milliseconds::max()), kNever);
}

TEST(DeadlineOf, IsThatLongFromNow) {
  const Deadline now = Deadline::clock::now();
  EXPECT_GE(deadline_of(milliseconds(5)), now + milliseconds(5));
  EXPECT_NE(deadline_of(milliseconds(5)), kNever);
}

}  // namespace
}  // namespace netpoll
