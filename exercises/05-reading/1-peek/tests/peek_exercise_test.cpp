// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

class PeekExercise : public testing::Test {
 protected:
  // Each text in a node of its own.
  void put(std::initializer_list<std::string_view> texts) {
    for (const std::string_view one : texts)
      put_node(buffer_, one);
  }

  LinkBuffer buffer_;
};

TEST_F(PeekExercise, CopyUnreadGoesThroughAllNodes) {
  put({"abc", "def", "ghi", "jklmnopqr"});
  const auto copy = buffer_.read_string(8);
  ASSERT_TRUE(copy);
  EXPECT_EQ(std::string_view(copy->c_str()), std::string_view("abcdefgh"))
      << "read_string(8) calls copy_unread(0, 8 bytes of room)";
  EXPECT_EQ(buffer_.size(), 10U) << "read_string() itself consumes the eight";
}

TEST_F(PeekExercise, BytesOfTwoNodesAreOneView) {
  put({"abcdef", "ghijkl"});
  EXPECT_EQ(text(buffer_.peek(9)), "abcdefghi");
}

TEST_F(PeekExercise, BytesOfManyNodesAreOneView) {
  put({"a", "b", "c", "d", "e", "f", "g", "h"});
  EXPECT_EQ(text(buffer_.peek(7)), "abcdefg");
}

TEST_F(PeekExercise, ExactlyAsManyAsThereAreIsEnough) {
  put({"abc", "def"});
  EXPECT_EQ(text(buffer_.peek(6)), "abcdef")
      << "six bytes are unread, and six were asked for";
}

TEST_F(PeekExercise, OneMoreThanThereAreIsRefused) {
  put({"abc", "def"});
  const auto view = buffer_.peek(7);
  ASSERT_FALSE(view) << "six bytes are unread; peek(7) must fail";
  EXPECT_EQ(view.error(), Errc::short_buffer);
}

TEST_F(PeekExercise, WhatIsNotCommittedIsNotThere) {
  put({"abc", "def"});
  buffer_.write_string("ghi");
  EXPECT_FALSE(buffer_.peek(7)) << "the last three bytes were not flushed";
  buffer_.flush();
  EXPECT_EQ(text(buffer_.peek(7)), "abcdefg");
}

TEST_F(PeekExercise, APeekConsumesNothing) {
  put({"abc", "def"});
  static_cast<void>(buffer_.peek(5));
  EXPECT_EQ(buffer_.consumed(), 0U) << "the reader must stay where it was";
  EXPECT_EQ(buffer_.size(), 6U);
}

TEST_F(PeekExercise, ThePeekAfterwardsShowsTheSameCopy) {
  put({"abc", "def"});
  const auto first = buffer_.peek(6);
  const auto second = buffer_.peek(6);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->data() == second->data())
      << "these bytes were copied before: show that copy";
}

TEST_F(PeekExercise, ALargerPeekCopiesOnlyWhatIsMissing) {
  put({"abcdef", "ghijkl", "mnopqr"});
  const auto small = buffer_.peek(8);
  const auto large = buffer_.peek(14);
  ASSERT_TRUE(small && large);
  EXPECT_EQ(text(large), "abcdefghijklmn")
      << "eight bytes were copied before; six are missing";
  EXPECT_TRUE(small->data() == large->data())
      << "the six belong behind the eight that were copied before";
}

TEST_F(PeekExercise, AfterASkipTheViewBeginsWithTheNextByte) {
  put({"abcdef", "ghijkl", "mnopqr"});
  static_cast<void>(buffer_.peek(8));
  ASSERT_FALSE(buffer_.skip(2));
  EXPECT_EQ(text(buffer_.peek(6)), "cdefgh") << "two bytes were consumed";
}

TEST_F(PeekExercise, AnEarlierViewStaysAsItWas) {
  put({"abc", "def", "ghi"});
  const auto first = buffer_.peek(6);
  ASSERT_FALSE(buffer_.skip(2));
  static_cast<void>(buffer_.peek(5));
  EXPECT_EQ(text(first), "abcdef")
      << "no release() was called, so the first view must still be whole";
}

}  // namespace
}  // namespace netpoll
