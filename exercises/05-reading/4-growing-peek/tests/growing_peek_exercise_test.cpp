// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to mend it wrongly. The
// room that extend() returns is what somebody must copy; mostly nobody does
// here, for the sizes tell enough.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/joined.h"

namespace netpoll {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

TEST(GrowingPeekExercise, AFrameThatGrowsIsCopiedAFewTimesOnly) {
  Joined joined;
  std::size_t copied = 0;
  for (std::size_t size = 8 * kMiB; size <= 12 * kMiB; size += 256 * kKiB)
    copied += joined.extend(0, size).size();
  EXPECT_LE(copied / kMiB, 36U)
      << "so many MiB were copied while a frame grew from 8 to 12 MiB in 16 "
         "steps; three times the frame would be 36";
}

TEST(GrowingPeekExercise, AByteMoreIsNotTheWholeFrameOnceMore) {
  Joined joined;
  int whole = 0;
  for (std::size_t i = 0; i < 16; ++i)
    whole += joined.extend(0, 8 * kMiB + i).size() > kMiB ? 1 : 0;
  EXPECT_LE(whole, 2) << "a frame of 8 MiB grew by 15 single bytes; so many "
                         "times it was copied as a whole";
}

TEST(GrowingPeekExercise, ABlockThatReplacesAFullOneHasTwiceTheRoom) {
  Joined joined;
  joined.extend(0, 24 * kMiB);
  joined.extend(0, 24 * kMiB + 1);
  EXPECT_EQ(joined.extend(0, 48 * kMiB).size() / kMiB, 23U)
      << "24 MiB were copied when the block was full; the next one should have "
         "room for 48 MiB, so that the 23 that come now (and a bit) fit in";
}

TEST(GrowingPeekExercise, AFirstCopyTakesNoMoreThanItNeeds) {
  Joined joined;
  joined.extend(0, 9 * kMiB);
  EXPECT_EQ(joined.extend(0, 10 * kMiB).size() / kMiB, 10U)
      << "a first peek at 9 MiB took a block with room for more: nobody knows "
         "yet that the frame will grow";
}

TEST(GrowingPeekExercise, SmallCopiesShareABlock) {
  Joined joined;
  joined.extend(0, 4);
  EXPECT_EQ(joined.extend(0, 1000).size(), 996U)
      << "the first block should have 1 KiB, however little is asked for";
}

TEST(GrowingPeekExercise, ASmallCopyTakesASmallBlock) {
  Joined joined;
  joined.extend(0, 4);
  EXPECT_EQ(joined.extend(0, 2000).size(), 2000U)
      << "4 bytes took a block of more than 1 KiB; each connection would pay "
         "for that";
}

TEST(GrowingPeekExercise, TheNewBlockWantsAllBytesOfTheWindow) {
  Joined joined;
  joined.extend(0, 1000);
  EXPECT_EQ(joined.extend(0, 1100).size(), 1100U)
      << "the block was full, and a new one is empty: all must be copied";
}

TEST(GrowingPeekExercise, EarlierCopiesStay) {
  Joined joined;
  const std::string_view head = "HEAD";
  std::ranges::copy(raw(head), joined.extend(0, 4).begin());
  const auto view = joined.view(0, 4);
  joined.extend(0, 2000);
  joined.extend(0, 9000);
  EXPECT_EQ(text(view), "HEAD")
      << "an earlier view shows these bytes, and nobody called release()";
}

}  // namespace
}  // namespace netpoll
