// SPDX-License-Identifier: Apache-2.0
// Where a page stands, what is refused, and what is counted.
#include <gtest/gtest.h>

#include <string>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "support.h"

namespace netpoll {
namespace {

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

TEST(InsertExercise, TheWriterGoesOnBehindTheFooter) {
  LinkBuffer buffer;
  buffer.write_string("headfoot");
  page(buffer, "page", 4);
  buffer.write_string("!");
  EXPECT_EQ(all(buffer), "headpagefoot!");
}

}  // namespace
}  // namespace netpoll
