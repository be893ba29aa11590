// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

using Page = std::array<std::byte, 8>;

// The bytes of a page that nobody has written to.
constexpr Page kUntouched = {std::byte{'p'}, std::byte{'p'}, std::byte{'p'},
                             std::byte{'p'}, std::byte{'p'}, std::byte{'p'},
                             std::byte{'p'}, std::byte{'p'}};

void lend(LinkBuffer& buffer, Page& page, std::size_t remain = 0) {
  ASSERT_FALSE(buffer.write_direct(Block::lent(page, nullptr), remain));
}

std::string all(LinkBuffer& buffer) {
  buffer.flush();
  return text(buffer.bytes());
}

TEST(MallocAckExercise, TheFirstBytesStayAndTheOthersGo) {
  LinkBuffer buffer;
  buffer.write_string("kept, dropped");
  ASSERT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(all(buffer), "kept") << "keep the first 4 of the 13 bytes";
}

TEST(MallocAckExercise, TheSizeIsWhatWasKept) {
  LinkBuffer buffer;
  buffer.write_string("kept, dropped");
  ASSERT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(buffer.malloc_size(), 4U)
      << "malloc_size() is the number of uncommitted bytes";
}

TEST(MallocAckExercise, WhatWasFlushedBeforeDoesNotCount) {
  LinkBuffer buffer;
  put(buffer, "sent ");
  buffer.write_string("kept, dropped");
  ASSERT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(all(buffer), "sent kept")
      << "n counts the uncommitted bytes; what was flushed stays";
}

TEST(MallocAckExercise, SeveralMallocsCountAsOne) {
  LinkBuffer buffer;
  buffer.write_string("abc");
  buffer.write_string("def");
  buffer.write_string("ghi");
  ASSERT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(all(buffer), "abcd")
      << "n counts all bytes since the flush, not those of the last malloc";
}

TEST(MallocAckExercise, TooManyIsAnErrorAndChangesNothing) {
  LinkBuffer buffer;
  buffer.write_string("abc");
  EXPECT_EQ(buffer.malloc_ack(4), Errc::invalid_argument)
      << "only 3 bytes are there, and 4 were to be kept";
  EXPECT_EQ(buffer.malloc_size(), 3U);
  EXPECT_EQ(all(buffer), "abc");
}

TEST(MallocAckExercise, KeepingAllLeavesEverythingAsItIs) {
  Page page = kUntouched;
  LinkBuffer buffer;
  const std::byte* const head = buffer.malloc(4).data();
  lend(buffer, page);
  ASSERT_FALSE(buffer.malloc_ack(12));
  EXPECT_EQ(buffer.malloc(4).data(), head + 4)
      << "the free room behind the page was lost, though nothing was dropped";
}

TEST(MallocAckExercise, DroppedBytesAreFreeRoomAgain) {
  LinkBuffer buffer;
  const std::byte* const first = buffer.malloc(4000).data();
  ASSERT_FALSE(buffer.malloc_ack(10));
  EXPECT_EQ(buffer.malloc(4000).data(), first + 10)
      << "4086 bytes of the block are free, and a new block was taken";
}

TEST(MallocAckExercise, TheFreeRoomEndsWhereTheBlockEnds) {
  LinkBuffer buffer;
  const std::byte* const first = buffer.malloc(4000).data();
  ASSERT_FALSE(buffer.malloc_ack(10));
  const std::byte* const next = buffer.malloc(4087).data();
  EXPECT_NE(next, first + 10)
      << "4087 bytes were given out where 4086 are left in the block";
}

TEST(MallocAckExercise, AnEarlierBlockIsNotFilledUp) {
  LinkBuffer buffer;
  const std::byte* const first = buffer.malloc(3000).data();
  buffer.malloc(3000);
  buffer.malloc(3000);
  ASSERT_FALSE(buffer.malloc_ack(3));
  EXPECT_NE(buffer.malloc(3).data(), first + 3)
      << "the writer went on in a node that it had left for good";
}

TEST(MallocAckExercise, ALentPageIsNeverWrittenTo) {
  Page page = kUntouched;
  LinkBuffer buffer;
  buffer.write_string("head");
  lend(buffer, page);
  buffer.write_string("foot");
  ASSERT_FALSE(buffer.malloc_ack(6));
  buffer.write_string("next");
  EXPECT_EQ(text(page), text(kUntouched))
      << "two bytes of the page were kept; the other six are the lender's";
  EXPECT_EQ(all(buffer), "headppnext");
}

TEST(MallocAckExercise, TheSecondHalfOfASplitNodeIsNotOverwritten) {
  Page page = kUntouched;
  LinkBuffer buffer;
  const auto place = buffer.malloc(8);
  copy_bytes(raw("headfoot"), place);
  lend(buffer, page, 4);
  ASSERT_FALSE(buffer.malloc_ack(3));
  buffer.write_string("X");
  EXPECT_EQ(text(place), "headfoot")
      << "other nodes may show these bytes: the writer must not go on here";
  EXPECT_EQ(all(buffer), "heaX");
}

TEST(MallocAckExercise, ADroppedPageGoesBackToItsLender) {
  Page page = kUntouched;
  int back = 0;
  LinkBuffer buffer;
  buffer.write_string("head");
  ASSERT_FALSE(buffer.write_direct(Block::lent(page, [&] { ++back; })));
  ASSERT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(back, 1) << "how often done() of the dropped page was called";
}

TEST(MallocAckExercise, APageOfWhichAByteIsKeptStaysLent) {
  Page page = kUntouched;
  int back = 0;
  LinkBuffer buffer;
  buffer.write_string("head");
  ASSERT_FALSE(buffer.write_direct(Block::lent(page, [&] { ++back; })));
  ASSERT_FALSE(buffer.malloc_ack(5));
  EXPECT_EQ(back, 0) << "one byte of the page is still in the buffer";
}

TEST(MallocAckExercise, TheLenderFindsABufferInOrder) {
  Page page = kUntouched;
  std::size_t seen = 0;
  LinkBuffer buffer;
  buffer.write_string("kept");
  ASSERT_FALSE(buffer.write_direct(Block::lent(page, [&] {
    seen = buffer.malloc_size();
    buffer.write_string("!");
  })));
  ASSERT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(seen, 4U) << "what done() saw, which malloc_ack has called";
  EXPECT_EQ(all(buffer), "kept!") << "done() wrote one byte more";
}

TEST(MallocAckExercise, KeepingNothingEndsTheWriting) {
  LinkBuffer buffer;
  const std::byte* const block = buffer.malloc(4).data();
  buffer.flush();
  buffer.write_string("dropped");
  ASSERT_FALSE(buffer.malloc_ack(0));
  ASSERT_FALSE(buffer.skip(4));
  buffer.release();
  EXPECT_TRUE(freed_last(block, LinkBuffer::kBlockSize))
      << "all is read and nothing is written: an idle buffer kept its block";
}

TEST(MallocAckExercise, TheLenderMayWriteWhenNothingIsKept) {
  Page page = kUntouched;
  LinkBuffer buffer;
  ASSERT_FALSE(buffer.write_direct(
      Block::lent(page, [&] { buffer.write_string("new"); })));
  ASSERT_FALSE(buffer.malloc_ack(0));
  EXPECT_EQ(all(buffer), "new");
}

}  // namespace
}  // namespace netpoll
