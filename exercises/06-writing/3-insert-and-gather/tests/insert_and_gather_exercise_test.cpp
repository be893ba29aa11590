// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

// Sees the private nodes.
struct LinkBufferPeer {
  static std::size_t nodes(const LinkBuffer& buffer) {
    std::size_t count = 0;
    for (const Node* node = buffer.head_; node != nullptr; node = node->next)
      ++count;
    return count;
  }
  static bool is_writing(const LinkBuffer& buffer) {
    return buffer.tail_ == LinkBuffer::Tail::writing;
  }
};

namespace {

void page(LinkBuffer& buffer, const char* text, std::size_t remain = 0) {
  ASSERT_FALSE(buffer.write_direct(Block::owned(std::string(text)), remain));
}

// Counted before anything is read, so that wrong links end here.
std::string all(LinkBuffer& buffer) {
  EXPECT_LT(LinkBufferPeer::nodes(buffer), 1000U) << "the chain has no end";
  buffer.flush();
  std::string text;
  std::array<LinkBuffer::Bytes, 16> pieces;
  const std::size_t count = buffer.gather(pieces);
  for (std::size_t i = 0; i < count; ++i)
    text += as_text(pieces.at(i));
  return text;
}

std::vector<std::string> pieces_of(LinkBuffer& buffer, std::size_t most) {
  std::array<LinkBuffer::Bytes, 16> pieces;
  const std::size_t count = buffer.gather(std::span(pieces).first(most));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count && i < pieces.size(); ++i)
    texts.push_back(text(pieces.at(i)));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(InsertExercise, APageMayBeTheFirstThing) {
  LinkBuffer buffer;
  page(buffer, "page");
  EXPECT_EQ(all(buffer), "page");
}

TEST(InsertExercise, APageGoesToTheEnd) {
  LinkBuffer buffer;
  buffer.write_string("head,");
  page(buffer, "page");
  EXPECT_EQ(all(buffer), "head,page");
}

TEST(InsertExercise, RemainCountsFromTheEnd) {
  LinkBuffer buffer;
  buffer.write_string("head-foot");
  page(buffer, "[page]", 4);
  EXPECT_EQ(all(buffer), "head-[page]foot")
      << "4 bytes are to remain behind the page";
}

TEST(InsertExercise, PagesAtOnePlaceStandInTheOrderOfTheCalls) {
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  page(buffer, "1", 4);
  page(buffer, "2", 4);
  page(buffer, "3", 4);
  EXPECT_EQ(all(buffer), "head123foot");
}

TEST(InsertExercise, APageMayComeBeforeAnEarlierPage) {
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  page(buffer, "2", 4);
  page(buffer, "1", 5);
  page(buffer, "0", 8);
  EXPECT_EQ(all(buffer), "he0ad12foot")
      << "the places were 4, 5 and 8 bytes before the end, counted each time";
}

// The place is the end of a node that is not the last.
TEST(InsertExercise, APageMayComeBetweenTwoPages) {
  LinkBuffer buffer;
  buffer.write_string("head");
  page(buffer, "1");
  page(buffer, "3");  // behind it: free room, in the last node
  const std::size_t before = LinkBufferPeer::nodes(buffer);
  page(buffer, "2", 1);
  EXPECT_EQ(LinkBufferPeer::nodes(buffer), before + 1)
      << "page 1 was not cut, and no free room lies behind it";
  buffer.write_string("!");
  EXPECT_EQ(all(buffer), "head123!");
}

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

TEST(InsertExercise, NothingComesBeforeWhatWasFlushed) {
  LinkBuffer buffer;
  put(buffer, "first,");
  put(buffer, "second,");
  page(buffer, "page");
  EXPECT_EQ(all(buffer), "first,second,page")
      << "the page belongs behind all that is committed";
}

TEST(InsertExercise, TooLargeARemainIsAnErrorAndChangesNothing) {
  LinkBuffer buffer;
  buffer.write_string("abc");
  EXPECT_EQ(buffer.write_direct(Block::owned(std::string("page")), 4),
            Errc::invalid_argument)
      << "only 3 bytes are uncommitted";
  EXPECT_EQ(all(buffer), "abc");
}

TEST(InsertExercise, BytesThatAreFlushedDoNotRemain) {
  LinkBuffer buffer;
  put(buffer, "flushed");
  buffer.write_string("abc");
  EXPECT_EQ(buffer.write_direct(Block::owned(std::string("page")), 4),
            Errc::invalid_argument)
      << "only 3 bytes are uncommitted; the other 7 belong to the reader";
}

TEST(InsertExercise, AnEmptyPageIsCheckedToo) {
  LinkBuffer buffer;
  buffer.write_string("abc");
  EXPECT_EQ(buffer.write_direct(Block::owned(std::string()), 4),
            Errc::invalid_argument)
      << "a remain that is too large is an error, whatever the page";
}

TEST(InsertExercise, ACallThatInsertsNothingDoesNotBeginToWrite) {
  LinkBuffer buffer;
  put(buffer, "flushed");
  EXPECT_EQ(buffer.write_direct(Block::owned(std::string("page")), 1),
            Errc::invalid_argument);
  EXPECT_FALSE(LinkBufferPeer::is_writing(buffer))
      << "the call was refused, and the last block is claimed all the same: "
         "the reader cannot take it any more";
  page(buffer, "");
  EXPECT_FALSE(LinkBufferPeer::is_writing(buffer))
      << "the page was empty, and the last block is claimed all the same: "
         "the reader cannot take it any more";
}

TEST(InsertExercise, TheSizeCountsThePage) {
  LinkBuffer buffer;
  buffer.write_string("abc");
  page(buffer, "page");
  EXPECT_EQ(buffer.malloc_size(), 7U)
      << "flush() commits as many bytes as malloc_size() says";
}

TEST(InsertExercise, AnEmptyPageChangesNothing) {
  LinkBuffer buffer;
  page(buffer, "");
  EXPECT_EQ(buffer.malloc_size(), 0U);
  EXPECT_EQ(LinkBufferPeer::nodes(buffer), 1U)
      << "a node was made for a page without bytes";
}

TEST(InsertExercise, ThePageIsNotCopied) {
  LinkBuffer buffer;
  std::array<std::byte, 8> mine{};
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

TEST(InsertExercise, TheWriterGoesOnBehindTheFooter) {
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  page(buffer, "page", 4);
  buffer.write_string("!");
  EXPECT_EQ(all(buffer), "headpagefoot!");
}

TEST(InsertExercise, NothingIsWrittenBehindAPageWithoutARest) {
  LinkBuffer buffer;
  std::array<std::byte, 8> mine{};
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
  LinkBuffer buffer_;
  std::array<std::byte, 8> mine_{};
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
  LinkBuffer buffer;
  std::array<std::byte, 4> mine{};
  int back = 0;
  buffer.write_string("headfoot");
  ASSERT_FALSE(buffer.write_direct(Block::lent(mine, [&] { ++back; }), 4));
  buffer.flush();
  ASSERT_FALSE(buffer.skip(8));
  EXPECT_EQ(back, 0) << "done() came while views may show the page";
  buffer.release();
  EXPECT_EQ(back, 1) << "how often done() was called after release()";
}

TEST(InsertExercise, TheFooterDoesNotHoldThePageBeforeIt) {
  LinkBuffer buffer;
  std::array<std::byte, 4> mine{};
  int back = 0;
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

class GatherExercise : public testing::Test {
 protected:
  void SetUp() override {
    // Each in a node of its own. Not by write_direct(), which is a hole, too.
    for (const char* text : {"ab", "cd", "ef"}) {
      LinkBuffer other;
      other.write_string(text);
      buffer_.append(std::move(other));
    }
    buffer_.flush();
  }
  LinkBuffer buffer_;
};

TEST_F(GatherExercise, AllThatFits) {
  EXPECT_EQ(pieces_of(buffer_, 8), (Texts{"ab", "cd", "ef"}));
}

TEST_F(GatherExercise, AsManyAsThereIsRoomFor) {
  EXPECT_EQ(pieces_of(buffer_, 2), (Texts{"ab", "cd"}));
  EXPECT_EQ(pieces_of(buffer_, 3), (Texts{"ab", "cd", "ef"}));
}

TEST_F(GatherExercise, NoRoomIsNoPiece) {
  EXPECT_EQ(buffer_.gather(std::span<LinkBuffer::Bytes>()), 0U);
}

TEST_F(GatherExercise, NothingIsConsumed) {
  EXPECT_EQ(pieces_of(buffer_, 2), (Texts{"ab", "cd"}));
  EXPECT_EQ(buffer_.size(), 6U)
      << "nobody knows yet how much the kernel will take";
  EXPECT_EQ(pieces_of(buffer_, 2), (Texts{"ab", "cd"}));
}

TEST_F(GatherExercise, ItBeginsInTheMiddleOfAPiece) {
  ASSERT_FALSE(buffer_.skip(3));
  EXPECT_EQ(pieces_of(buffer_, 8), (Texts{"d", "ef"}))
      << "the kernel took three bytes; the next call goes on from there";
}

TEST_F(GatherExercise, WhatIsNotFlushedIsNotSent) {
  buffer_.write_string("not yet");
  EXPECT_EQ(pieces_of(buffer_, 8), (Texts{"ab", "cd", "ef"}));
}

TEST_F(GatherExercise, AnEmptyBufferHasNoPiece) {
  LinkBuffer empty;
  EXPECT_EQ(pieces_of(empty, 8), Texts{});
}

}  // namespace
}  // namespace netpoll
