// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to mend it wrongly. The
// room that extend() returns is what somebody must copy; mostly nobody does
// here, for the sizes tell enough.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/joined.h"

namespace netpoll {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

// Makes the window larger; tells whether it had to move to a new block for it.
bool moves(Joined& joined, std::uint64_t at, std::size_t n) {
  const std::byte* before = joined.view(at, 1).data();
  joined.extend(at, n);
  return joined.view(at, 1).data() != before;
}

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
  EXPECT_FALSE(moves(joined, 0, 48 * kMiB))
      << "24 MiB were copied when the block was full; but the new one has no "
         "room for 48 MiB: a second new block was made";
}

TEST(GrowingPeekExercise, ItHasTwiceTheRoomAlsoIfTheWindowBeganLate) {
  Joined joined;
  joined.extend(0, 400);
  joined.extend(400, 600);  // the next frame, behind it in the same block
  joined.extend(400, 700);
  EXPECT_FALSE(moves(joined, 400, 1200))
      << "600 bytes were copied when the block was full; but the new one has "
         "no room for 1200: a second new block was made";
}

TEST(GrowingPeekExercise, AFirstCopyTakesNoMoreThanItNeeds) {
  Joined joined;
  joined.extend(0, 9 * kMiB);
  EXPECT_TRUE(moves(joined, 0, 10 * kMiB))
      << "a first peek at 9 MiB took a block with room for 10: nobody knows "
         "yet that the frame will grow";
}

TEST(GrowingPeekExercise, AFrameBehindItsHeadTakesNoMoreThanItNeeds) {
  Joined joined;
  joined.extend(0, 4);
  joined.extend(0, 9 * kMiB);
  EXPECT_TRUE(moves(joined, 0, 10 * kMiB))
      << "a peek at a head of 4 bytes, then one at the whole frame of 9 MiB: "
         "the frame took a block with room for 10, for the sake of 4 bytes";
}

TEST(GrowingPeekExercise, AFirstCopyOfTheNextFrameTakesNoMoreThanItNeeds) {
  Joined joined;
  joined.extend(0, 9 * kMiB);
  joined.extend(0, 9 * kMiB + 1);
  constexpr std::uint64_t kNext = 9 * kMiB + 1;
  joined.extend(kNext, 10 * kMiB);
  EXPECT_TRUE(moves(joined, kNext, 11 * kMiB))
      << "the frame before this one had grown; so the first peek at this one, "
         "10 MiB, took a block with room for 11";
}

TEST(GrowingPeekExercise, ALateWindowDoesNotPayForItsLargeBlock) {
  Joined joined;
  joined.extend(0, 9 * kMiB);
  joined.extend(0, 9 * kMiB + 1);
  constexpr std::uint64_t kNext = 9 * kMiB + 1;
  joined.extend(kNext, 6 * kMiB);  // still in that block
  joined.extend(kNext, 10 * kMiB);
  EXPECT_TRUE(moves(joined, kNext, 21 * kMiB))
      << "6 MiB of this frame were copied when the block was full; the new "
         "one has room for 21 MiB";
}

TEST(GrowingPeekExercise, TheBlocksOfAFrameAreLessThanFourTimesItsSize) {
  Joined joined;
  joined.extend(0, 9 * kMiB);
  joined.extend(0, 9 * kMiB + 1);
  EXPECT_TRUE(moves(joined, 0, 28 * kMiB))
      << "a frame of 9 MiB and a byte has a block of 9 MiB, and a new one with "
         "room for 28: more than four times its size";
}

TEST(GrowingPeekExercise, SmallCopiesShareABlock) {
  Joined joined;
  joined.extend(0, 4);
  EXPECT_EQ(joined.extend(0, 1000).size(), 996U)
      << "the first block should have 1 KiB, however little is asked for";
}

TEST(GrowingPeekExercise, SmallCopiesShareALaterBlockToo) {
  Joined joined;
  joined.extend(0, 1020);
  joined.extend(1020, 4);
  joined.extend(1020, 9);
  EXPECT_FALSE(moves(joined, 1020, 1000))
      << "the block was full; the next one should have 1 KiB again, however "
         "little is asked for";
}

TEST(GrowingPeekExercise, ASmallCopyTakesASmallBlock) {
  Joined joined;
  joined.extend(0, 4);
  EXPECT_TRUE(moves(joined, 0, 2000))
      << "4 bytes took a block of more than 1 KiB; each connection would pay "
         "for that";
}

TEST(GrowingPeekExercise, TheNewBlockWantsAllBytesOfTheWindow) {
  Joined joined;
  joined.extend(0, 1000);
  EXPECT_EQ(joined.extend(0, 5000).size(), 5000U)
      << "1000 bytes were copied, 5000 are asked for: there is a new block, "
         "and the caller must be asked to fill in all of them";
}

TEST(GrowingPeekExercise, TheWindowBeginsWithItsFirstByteInTheNewBlock) {
  Joined joined;
  const std::string frame = std::string(1000, 'a') + std::string(4000, 'b');
  std::ranges::copy(raw(frame).first(1000), joined.extend(0, 1000).begin());
  const auto missing = joined.extend(0, 5000);
  std::ranges::copy(raw(frame).last(missing.size()), missing.begin());
  EXPECT_EQ(text(joined.view(0, 1)), "a")
      << "the frame begins with an a; a view of the new block shows a byte "
         "from its middle";
}

TEST(GrowingPeekExercise, EarlierCopiesStay) {
  Joined joined;
  const std::string_view head = "HEAD";
  std::ranges::copy(raw(head), joined.extend(0, 4).begin());
  const auto view = joined.view(0, 4);
  for (std::size_t size = 2 * kKiB; size <= 128 * kKiB; size *= 2)
    joined.extend(0, size);
  EXPECT_EQ(text(view), "HEAD")
      << "an earlier view shows these bytes, and nobody called release()";
}

}  // namespace
}  // namespace netpoll
