// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to mend it wrongly.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

// Two nodes of a head, and a large node behind them.
class LargerPeekExercise : public testing::Test {
 protected:
  LargerPeekExercise() {
    put_node(buffer_, "HEA");
    put_node(buffer_, "Dxx");
    put_node(buffer_, std::string(std::size_t{3} << 20, 'x'));
  }

  LinkBuffer buffer_;
};

TEST_F(LargerPeekExercise, TheViewOfASmallerPeekStays) {
  const auto head = buffer_.peek(4);
  static_cast<void>(buffer_.peek(2000));
  EXPECT_EQ(text(head), "HEAD")
      << "head = peek(4), then peek(2000), and no release(): head has changed";
}

TEST_F(LargerPeekExercise, ItStaysWhenTheWindowOutgrowsManyBlocks) {
  const auto head = buffer_.peek(4);
  for (std::size_t size = 2000; size < 600'000; size *= 3)
    static_cast<void>(buffer_.peek(size));
  EXPECT_EQ(text(head), "HEAD")
      << "after one larger peek it may be there; after six it is not";
}

TEST_F(LargerPeekExercise, ItStaysHoweverLargeTheLargerPeekIs) {
  const auto head = buffer_.peek(4);
  static_cast<void>(buffer_.peek(3'000'000));
  EXPECT_EQ(text(head), "HEAD") << "head = peek(4), then peek(3'000'000)";
}

TEST_F(LargerPeekExercise, ItStaysWhenItsBytesAreConsumed) {
  const auto head = buffer_.next(4);
  ASSERT_FALSE(buffer_.skip(2));
  put_node(buffer_, "next");
  ASSERT_FALSE(buffer_.skip((std::size_t{3} << 20) - 2));
  static_cast<void>(buffer_.peek(6));
  EXPECT_EQ(text(head), "HEAD")
      << "head = next(4): consumed, but not released; a later peek copied into "
         "its memory";
}

TEST_F(LargerPeekExercise, APeekThatFitsIntoTheBlockTakesNoOther) {
  const auto small = buffer_.peek(4);
  const auto larger = buffer_.peek(500);
  ASSERT_TRUE(small && larger);
  EXPECT_TRUE(small->data() == larger->data())
      << "the block has 1024 bytes; 500 fit in behind the first 4";
}

TEST_F(LargerPeekExercise, AllBlocksGoBackAtARelease) {
  const std::byte* const small = buffer_.peek(4)->data();
  const std::byte* const large = buffer_.peek(2000)->data();
  buffer_.release();
  EXPECT_TRUE(freed_last(large, 2048)) << "the block of the larger peek";
  EXPECT_TRUE(freed_last(small, 1024)) << "the block of the smaller peek";
}

}  // namespace
}  // namespace netpoll
