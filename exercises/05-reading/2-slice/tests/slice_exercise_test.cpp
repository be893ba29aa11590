// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {
namespace {

// Each text in a node and a block of its own.
void put(LinkBuffer& buffer, std::initializer_list<std::string_view> texts) {
  for (const std::string_view one : texts)
    put_node(buffer, one);
}

// What a reader has, or the error in brackets.
std::string all_of(Result<Slice>& part) {
  if (!part) return "[" + part.error().message() + "]";
  std::string all;
  for (const auto piece : part->gather())
    all += text(piece);
  return all;
}

std::string rest_of(LinkBuffer& buffer) {
  std::string all;
  for (const auto piece : buffer.gather())
    all += text(piece);
  return all;
}

TEST(SliceExercise, PartOfANodeIsNoMoreThanWasAskedFor) {
  LinkBuffer buffer;
  put(buffer, {"abcdef"});
  auto part = buffer.slice(2);
  EXPECT_EQ(all_of(part), "ab");
}

TEST(SliceExercise, ItGoesAcrossNodesAndEndsInsideOne) {
  LinkBuffer buffer;
  put(buffer, {"abc", "def", "ghi"});
  auto part = buffer.slice(5);
  EXPECT_EQ(all_of(part), "abcde");
}

TEST(SliceExercise, TheBufferGoesOnBehindIt) {
  LinkBuffer buffer;
  put(buffer, {"abc", "def", "ghi"});
  ASSERT_TRUE(buffer.slice(5));
  EXPECT_EQ(rest_of(buffer), "fghi") << "what the buffer reads after slice(5)";
}

TEST(SliceExercise, ItBeginsWithTheNextUnreadByte) {
  LinkBuffer buffer;
  put(buffer, {"abcdef", "ghijkl"});
  ASSERT_FALSE(buffer.skip(2));
  auto part = buffer.slice(3);
  EXPECT_EQ(all_of(part), "cde") << "two bytes were consumed before";
}

TEST(SliceExercise, NothingIsCopied) {
  LinkBuffer buffer;
  put(buffer, {"abc", "def"});
  const auto there = buffer.gather();
  auto part = buffer.slice(6);
  ASSERT_TRUE(part);
  const auto here = part->gather();
  ASSERT_EQ(here.size(), 2U) << "one node of the slice for each piece";
  EXPECT_TRUE(here[0].data() == there[0].data() &&
              here[1].data() == there[1].data())
      << "the slice must show the bytes where they lie in the buffer's blocks";
}

TEST(SliceExercise, AllThatIsThereMayBeSliced) {
  LinkBuffer buffer;
  put(buffer, {"abc", "def"});
  auto part = buffer.slice(6);
  EXPECT_EQ(all_of(part), "abcdef");
}

TEST(SliceExercise, TooManyAreRefusedAndNothingIsConsumed) {
  LinkBuffer buffer;
  put(buffer, {"abc", "def"});
  const auto part = buffer.slice(7);
  ASSERT_FALSE(part) << "six bytes are unread; slice(7) must fail";
  EXPECT_EQ(part.error(), Errc::short_buffer);
  EXPECT_EQ(buffer.size(), 6U);
}

TEST(SliceExercise, ASliceOfNothingIsEmpty) {
  LinkBuffer buffer;
  auto part = buffer.slice(0);
  EXPECT_EQ(all_of(part), "");
}

// Without LinkBuffer::slice(), whose return moves the slice, and so commits it.
TEST(SliceExercise, TheConstructorAloneMakesItReadable) {
  const Ref<Block> block = Block::owned(std::string("abcdef"));
  const Node node(block, block->bytes());
  Slice part(Pieces{&node, node.begin, 6}, 4);
  EXPECT_EQ(part.size(), 4U) << "only what is committed can be read";
}

TEST(SliceExercise, EarlierViewsStay) {
  bool freed = false;
  std::string memory = "abc";
  LinkBuffer buffer;
  ASSERT_FALSE(buffer.write_direct(Block::lent(
      std::as_writable_bytes(std::span(memory)), [&] { freed = true; })));
  buffer.flush();
  put(buffer, {"def", "ghi"});
  static_cast<void>(buffer.next(3));
  ASSERT_TRUE(buffer.slice(5));
  EXPECT_FALSE(freed) << "a view of abc was given out, and nobody called "
                         "release(); but the block of abc is gone";
}

TEST(SliceExercise, TheBlockLivesUntilBothHaveLetItGo) {
  int freed = 0;
  std::string memory = "abcdef";
  std::optional<Slice> part;
  auto buffer = std::make_unique<LinkBuffer>();
  ASSERT_FALSE(buffer->write_direct(Block::lent(
      std::as_writable_bytes(std::span(memory)), [&] { ++freed; })));
  buffer->flush();
  auto sliced = buffer->slice(4);
  ASSERT_TRUE(sliced);
  part = *std::move(sliced);
  buffer.reset();
  EXPECT_EQ(freed, 0) << "the slice still shows the block";
  part.reset();
  EXPECT_EQ(freed, 1) << "buffer and slice are both gone";
}

}  // namespace
}  // namespace netpoll
