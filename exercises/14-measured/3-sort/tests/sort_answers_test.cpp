// SPDX-License-Identifier: Apache-2.0
// What the sorting server must answer.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "frames.h"
#include "sort_server.h"
#include "support.h"

namespace sort_exercise {
namespace {

TEST_F(SortExercise, TheSmallestComesFirst) {
  client_.ask(frame({3, 1, 2}));
  EXPECT_EQ(client_.judged(sorted({3, 1, 2})), "right")
      << "3 numbers were sent: 3 1 2";
}

TEST_F(SortExercise, TheMostSignificantByteIsTheFirst) {
  client_.ask(frame({256, 1, 65536}));
  EXPECT_EQ(client_.judged(sorted({256, 1, 65536})), "right")
      << "3 numbers were sent: 256 1 65536";
}

TEST_F(SortExercise, NumbersHaveNoSign) {
  client_.ask(frame({0xffffffff, 1, 0x80000000}));
  EXPECT_EQ(client_.judged(sorted({0xffffffff, 1, 0x80000000})), "right")
      << "3 numbers were sent: 4294967295 1 2147483648";
}

TEST_F(SortExercise, EqualNumbersAllComeBack) {
  client_.ask(frame({7, 7, 9, 1}));
  EXPECT_EQ(client_.judged(sorted({7, 7, 9, 1})), "right")
      << "4 numbers were sent: 7 7 9 1";
}

TEST_F(SortExercise, NoNumbersAreAnsweredToo) {
  client_.ask(frame({}));
  EXPECT_EQ(client_.judged(sorted({})), "right")
      << "a count of 0 was sent, and no number";
}

TEST_F(SortExercise, ARequestThatIsCutWaitsForItsRest) {
  const std::string whole = frame({5, 4});
  for (const std::size_t cut : {1U, 4U, 6U, 11U}) {
    client_.ask(frame({2, 1}) + whole.substr(0, cut));
    ASSERT_EQ(client_.judged(sorted({2, 1})), "right")
        << "a request had come, and " << cut << " bytes of the next one";
    client_.ask(whole.substr(cut));
    ASSERT_EQ(client_.judged(sorted({5, 4})), "right")
        << "then came the bytes from number " << cut << " on";
  }
}

TEST_F(SortExercise, AnswersComeInTheOrderOfTheRequests) {
  client_.ask(frame({9, 8, 7}) + frame({}) + frame({6}) + frame({5, 4}));
  EXPECT_EQ(client_.judged(sorted({9, 8, 7}) + sorted({}) + sorted({6}) +
                           sorted({5, 4})),
            "right");
}

TEST_F(SortExercise, TheLongestRequestIsSorted) {
  const Numbers numbers = some(kNumbersMax);
  client_.ask(frame(numbers));
  EXPECT_EQ(client_.judged(sorted(numbers)), "right")
      << kNumbersMax << " numbers were sent";
}

TEST_F(SortExercise, OneNumberMoreIsRefused) {
  std::string head;
  append(head, kNumbersMax + 1);
  client_.ask(head);
  EXPECT_EQ(client_.take(1), "");
  EXPECT_TRUE(client_.closed())
      << "a count of kNumbersMax + 1 should close the connection";
}

TEST_F(SortExercise, AHugeCountIsRefused) {
  std::string head;
  append(head, 0x40000001);  // four times this is 4, in 32 bits
  client_.ask(head + std::string(4, 'x'));
  EXPECT_EQ(client_.take(1), "");
  EXPECT_TRUE(client_.closed())
      << "a count of 1073741825 should close the connection";
}

}  // namespace
}  // namespace sort_exercise
