// SPDX-License-Identifier: Apache-2.0
// What an insertion makes of the nodes and of their blocks: what is cut, where
// free room is, and whose bytes are written to.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "support.h"

namespace netpoll {
namespace {

// No free room, and the end of the last node is in write_pos_ alone.
TEST(InsertExercise, AFullBlockIsCutLikeAnyOther) {
  for (const std::size_t remain : {LinkBuffer::kBlockSize, std::size_t{4}}) {
    LinkBuffer buffer;
    const std::string full(LinkBuffer::kBlockSize, 'x');
    buffer.write_string("head");
    buffer.write_string(full);  // too much for the block of the head
    page(buffer, "page", remain);
    std::string expected = "head" + full;
    expected.insert(expected.size() - remain, "page");
    EXPECT_TRUE(all(buffer) == expected)
        << "a block of 4096 written bytes, and a page before the last "
        << remain << " of them: bytes are lost, or in another order";
  }
}

TEST(InsertExercise, WithoutBytesAndFreeRoomBehindThePlaceThereIsNoRest) {
  LinkBuffer empty;
  page(empty, "page");
  EXPECT_EQ(LinkBufferPeer::nodes(empty), 2U)
      << "the first node has no block: a node behind the page shows nothing";
  LinkBuffer full;
  full.malloc(LinkBuffer::kBlockSize);
  const std::size_t before = LinkBufferPeer::nodes(full);
  page(full, "page");
  EXPECT_EQ(LinkBufferPeer::nodes(full), before + 1)
      << "the block is full: a node behind the page shows nothing";
}

TEST(InsertExercise, ThePageIsNotCopied) {
  std::array<std::byte, 8> mine{};
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  ASSERT_FALSE(buffer.write_direct(Block::lent(mine, nullptr), 4));
  buffer.flush();
  std::array<LinkBuffer::Bytes, 8> pieces;
  ASSERT_EQ(buffer.gather(pieces), 3U);
  EXPECT_EQ(static_cast<const void*>(pieces[1].data()), mine.data())
      << "the bytes of the page lie at another place now";
}

TEST(InsertExercise, WhatMallocGaveKeepsItsAddress) {
  LinkBuffer buffer;
  const auto place = buffer.malloc(8);
  page(buffer, "page", 4);
  copy_bytes(raw("headfoot"), place);  // filled only now
  EXPECT_EQ(all(buffer), "headpagefoot")
      << "malloc() promised that its bytes stay where they are";
}

TEST(InsertExercise, TheFreeRoomBehindThePlaceIsNotLost) {
  LinkBuffer buffer;
  const std::byte* const head = buffer.malloc(4).data();
  page(buffer, "page");
  EXPECT_EQ(buffer.malloc(4).data(), head + 4)
      << "behind the head its block has 4092 free bytes: the next bytes belong "
         "there";
}

TEST(InsertExercise, TheFreeRoomEndsWithTheBlock) {
  LinkBuffer buffer;
  const std::size_t written = LinkBuffer::kBlockSize - 6;
  const std::byte* const first = buffer.malloc(written).data();
  page(buffer, "page", 10);
  EXPECT_NE(buffer.malloc(10).data(), first + written)
      << "6 bytes are free behind the footer, and malloc() gave 10 there";
}

TEST(InsertExercise, NothingIsWrittenBehindAPageWithoutARest) {
  std::array<std::byte, 8> mine{};
  LinkBuffer buffer;
  ASSERT_FALSE(
      buffer.write_direct(Block::lent(std::span(mine).first(4), nullptr)));
  buffer.write_string("next");
  EXPECT_EQ(mine[4], std::byte{0})
      << "the byte behind the page belongs to the lender";
  EXPECT_EQ(all(buffer), std::string("\0\0\0\0next", 8));
}

// The three ways to a place in a lent page behind which the writer goes on.
class LentPageExercise : public testing::Test {
 protected:
  void lend() {
    ASSERT_FALSE(buffer_.write_direct(Block::lent(mine_, nullptr)));
  }
  void drop(std::size_t n) {
    ASSERT_FALSE(buffer_.malloc_ack(buffer_.malloc_size() - n));
  }
  void write_and_look() {
    buffer_.write_string("!");
    EXPECT_EQ(mine_, (std::array<std::byte, 8>{}))
        << "the lender's page was written to, where bytes had been dropped";
  }
  std::array<std::byte, 8> mine_{};
  LinkBuffer buffer_;
};

TEST_F(LentPageExercise, BehindAFullBlockItIsNotExtended) {
  buffer_.malloc(LinkBuffer::kBlockSize);
  lend();
  drop(4);
  write_and_look();
}

TEST_F(LentPageExercise, ItsSecondHalfIsNotExtended) {
  lend();
  page(buffer_, "page", 4);
  drop(2);
  write_and_look();
}

TEST_F(LentPageExercise, ItsDroppedBytesAreNoFreeRoom) {
  lend();
  drop(4);
  page(buffer_, "page", 2);
  write_and_look();
}

TEST(InsertExercise, APageIsOneNode) {
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  page(buffer, "page", 4);
  const std::size_t before = LinkBufferPeer::nodes(buffer);
  for (int i = 0; i < 100; ++i)
    page(buffer, "page", 4);
  EXPECT_EQ(LinkBufferPeer::nodes(buffer), before + 100)
      << "100 more pages at one place: some calls left an empty node";
}

TEST(InsertExercise, ThePageLivesAsLongAsItIsShown) {
  std::array<std::byte, 4> mine{};
  int back = 0;
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  ASSERT_FALSE(buffer.write_direct(Block::lent(mine, [&] { ++back; }), 4));
  buffer.flush();
  ASSERT_FALSE(buffer.skip(8));
  EXPECT_EQ(back, 0) << "done() came while views may show the page";
  buffer.release();
  EXPECT_EQ(back, 1) << "how often done() was called after release()";
}

TEST(InsertExercise, TheFooterDoesNotHoldThePageBeforeIt) {
  std::array<std::byte, 4> mine{};
  int back = 0;
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  for (int i = 0; i < 2; ++i) {
    ASSERT_FALSE(buffer.write_direct(Block::lent(mine, [&] { ++back; }), 4));
  }
  buffer.flush();
  ASSERT_FALSE(buffer.skip(13));  // and a byte of the footer
  buffer.release();
  EXPECT_EQ(back, 2)
      << "pages that came back; both are read, only the footer is not";
}

}  // namespace
}  // namespace netpoll
