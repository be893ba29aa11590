// SPDX-License-Identifier: Apache-2.0
// What must hold after a mend, one test for each way to mend only half of it.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {
namespace {

constexpr const char* kHead = "bytes that were kept have changed";

void insert(LinkBuffer& buffer, const char* page, std::size_t remain) {
  ASSERT_FALSE(buffer.write_direct(Block::owned(std::string(page)), remain));
}

// "0123456789", with "ab" before the last four; the first `keep` of them stay.
// Then "XY" is written.
std::string kept(std::size_t keep) {
  LinkBuffer buffer;
  copy_bytes(raw("0123456789"), buffer.malloc(10));
  insert(buffer, "ab", 4);
  EXPECT_FALSE(buffer.malloc_ack(keep));
  buffer.write_string("XY");
  buffer.flush();
  return text(buffer.bytes());
}

TEST(RewoundFooterExercise, TheFooterIsDroppedAndTheHeadStays) {
  EXPECT_EQ(kept(8), "012345abXY") << kHead;
}

TEST(RewoundFooterExercise, AByteOfThePageIsDroppedToo) {
  EXPECT_EQ(kept(7), "012345aXY") << kHead;
}

TEST(RewoundFooterExercise, ThePageIsDroppedAndTheHeadStays) {
  EXPECT_EQ(kept(6), "012345XY") << kHead;
}

TEST(RewoundFooterExercise, AHeadThatIsShortenedStaysWhatItIs) {
  EXPECT_EQ(kept(4), "0123XY") << kHead;
}

TEST(RewoundFooterExercise, APartOfTheFooterMayStay) {
  EXPECT_EQ(kept(10), "012345ab67XY") << kHead;
}

TEST(RewoundFooterExercise, WhatWasFlushedStaysToo) {
  LinkBuffer buffer;
  put(buffer, "sent ");
  buffer.write_string("foot");
  insert(buffer, "page", 4);
  ASSERT_FALSE(buffer.malloc_ack(4));
  buffer.write_string("XY");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "sent pageXY")
      << "bytes that the reader may be reading have changed";
}

TEST(RewoundFooterExercise, ASliceOfTheSameBlockKeepsItsBytes) {
  LinkBuffer input;
  input.write_string("mine, and the rest");
  input.flush();
  Slice slice = *input.slice(5);
  LinkBuffer buffer;
  buffer.write_string("kept");
  buffer.append(std::move(input));
  ASSERT_FALSE(buffer.malloc_ack(4));
  buffer.write_string("XY");
  std::string mine;
  for (const LinkBuffer::Bytes piece : slice.gather())
    mine += text(piece);
  EXPECT_EQ(mine, "mine,")
      << "a slice in another owner's hands shows the beginning of this block";
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "keptXY");
}

TEST(RewoundFooterExercise, NoRoomReachesBeyondTheBlock) {
  LinkBuffer buffer;
  const std::byte* const block = buffer.malloc(10).data();
  insert(buffer, "ab", 4);
  ASSERT_FALSE(buffer.malloc_ack(8));
  const auto next = buffer.malloc(4091);
  const std::byte* const end = block + LinkBuffer::kBlockSize;
  const bool inside = block <= next.data() && next.data() < end;
  EXPECT_FALSE(inside) << "4091 bytes were handed out at byte "
                       << next.data() - block << " of a block of 4096";
}

TEST(RewoundFooterExercise, ADroppedFooterIsStillFreeRoom) {
  LinkBuffer buffer;
  const std::byte* const first = buffer.malloc(4000).data();
  ASSERT_FALSE(buffer.malloc_ack(10));
  EXPECT_EQ(buffer.malloc(4000).data(), first + 10)
      << "no page is here; the dropped bytes were free room until now";
}

TEST(RewoundFooterExercise, ADroppedPageGoesBackToItsLenderOnce) {
  std::array<std::byte, 4> page{};
  int back = 0;
  LinkBuffer buffer;
  buffer.malloc(8);
  ASSERT_FALSE(buffer.write_direct(Block::lent(page, [&] { ++back; }), 4));
  ASSERT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(back, 1) << "how often done() of the dropped page was called";
}

TEST(RewoundFooterExercise, TheLenderFindsABufferInOrder) {
  std::array<std::byte, 4> page{};
  LinkBuffer buffer;
  copy_bytes(raw("headfoot"), buffer.malloc(8));
  ASSERT_FALSE(buffer.write_direct(
      Block::lent(page, [&] { buffer.write_string("!"); }), 4));
  ASSERT_FALSE(buffer.malloc_ack(4));
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "head!") << "done() wrote one byte more";
}

}  // namespace
}  // namespace netpoll
