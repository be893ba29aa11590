// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/reader_writer.h"

namespace netpoll {
namespace {

// Upstream: TestLinkBuffer.
TEST(LinkBuffer, ReadsNothingBeforeFlushAndInOrderAfterIt) {
  LinkBuffer buffer;
  EXPECT_TRUE(buffer.is_empty());
  EXPECT_EQ(buffer.next(10).error(), Errc::short_buffer);

  buffer.malloc(128);
  EXPECT_TRUE(buffer.is_empty());
  EXPECT_EQ(buffer.peek(10).error(), Errc::short_buffer);

  buffer.flush();
  EXPECT_EQ(buffer.size(), 128u);
  EXPECT_EQ(buffer.next(28)->size(), 28u);
  EXPECT_EQ(buffer.size(), 100u);
  EXPECT_EQ(buffer.peek(90)->size(), 90u);
  EXPECT_EQ(buffer.size(), 100u);

  EXPECT_EQ(buffer.book(1024, 8192).size(), 1024u);
  EXPECT_FALSE(buffer.malloc_ack(1024));
  EXPECT_EQ(buffer.size(), 100u);
  EXPECT_EQ(buffer.malloc_size(), 1024u);
  buffer.flush();
  EXPECT_EQ(buffer.size(), 1124u);
  EXPECT_FALSE(buffer.skip(1024));
  EXPECT_EQ(buffer.size(), 100u);
}

// Upstream: TestLinkBufferWithInvalid, the reader's half.
TEST(LinkBuffer, ZeroBytesAreAlwaysThere) {
  LinkBuffer buffer;
  EXPECT_TRUE(buffer.next(0)->empty());
  EXPECT_TRUE(buffer.peek(0)->empty());
  EXPECT_FALSE(buffer.skip(0));
  EXPECT_EQ(buffer.read_string(0), "");
  EXPECT_TRUE(buffer.read_binary(0)->empty());
  EXPECT_TRUE(buffer.slice(0)->is_empty());
  EXPECT_TRUE(buffer.bytes().empty());
  buffer.release();
}

// In Go sizes are negative by mistake; here they wrap to something huge.
TEST(LinkBuffer, TooManyBytesAreShortBufferAndConsumeNothing) {
  LinkBuffer buffer;
  put(buffer, "ab");
  constexpr auto kHuge = static_cast<std::size_t>(-1);
  EXPECT_EQ(buffer.next(kHuge).error(), Errc::short_buffer);
  EXPECT_EQ(buffer.peek(3).error(), Errc::short_buffer);
  EXPECT_EQ(buffer.skip(3), Errc::short_buffer);
  EXPECT_EQ(buffer.read_string(3).error(), Errc::short_buffer);
  EXPECT_EQ(buffer.read_binary(3).error(), Errc::short_buffer);
  EXPECT_EQ(buffer.slice(3).error(), Errc::short_buffer);
  EXPECT_EQ(text(buffer.next(2)), "ab");
  EXPECT_EQ(buffer.read_byte().error(), Errc::short_buffer);
}

// Upstream: TestLinkBufferMultiNode.
TEST(LinkBuffer, MultiNodeReadsJoinWhatLiesInTwoNodes) {
  LinkBuffer buffer;
  put_node(buffer, "0123456789abcde");
  put_node(buffer, "fghijkl");

  EXPECT_EQ(text(buffer.next(13)), "0123456789abc");
  EXPECT_EQ(text(buffer.peek(4)), "defg");
  EXPECT_EQ(text(buffer.peek(3)), "def");
  EXPECT_EQ(text(buffer.peek(5)), "defgh");
  EXPECT_EQ(text(buffer.peek(6)), "defghi");
  EXPECT_EQ(text(buffer.next(8)), "defghijk");
  EXPECT_EQ(text(buffer.next(1)), "l");
}

TEST(LinkBuffer, MultiNodeSkipAndCopiesGoThroughNodes) {
  LinkBuffer buffer;
  put_node(buffer, "012");
  put_node(buffer, "345");
  put_node(buffer, "678");
  EXPECT_FALSE(buffer.skip(4));
  EXPECT_EQ(buffer.read_string(3), "456");
  EXPECT_EQ(buffer.read_byte(), std::byte{'7'});
  EXPECT_EQ(text(*buffer.read_binary(1)), "8");
}

// Upstream: TestLinkBufferCheckSingleNode.
TEST(LinkBuffer, CheckSingleNodeViewsAreNotCopied) {
  LinkBuffer buffer;
  const std::byte* place = buffer.malloc(8192).data();
  buffer.flush();
  EXPECT_EQ(buffer.peek(8192)->data(), place);
  EXPECT_EQ(buffer.next(8192)->data(), place);
  EXPECT_EQ(buffer.peek(1).error(), Errc::short_buffer);
}

// Row 3: upstream frees the memory of the smaller view.
TEST(LinkBuffer, E2Row3LargerPeekLeavesTheViewOfASmallerOneAlone) {
  LinkBuffer buffer;
  put_node(buffer, std::string(100, 'a'));
  put_node(buffer, std::string(9000, 'b'));
  const auto small = buffer.peek(200);
  const auto large = buffer.peek(5000);
  EXPECT_NE(small->data(), large->data());
  EXPECT_EQ(text(small), std::string(100, 'a') + std::string(100, 'b'));
}

// Row 414: upstream v0.7.0, told to, aliases from 64 bytes on.
TEST(LinkBuffer, E1Row414ReadStringAndReadBinaryCopyWhateverTheSize) {
  LinkBuffer buffer;
  for (const std::size_t size : {1u, 63u, 64u, 4096u}) {
    put(buffer, std::string(2 * size, 'a'));
    const auto place = buffer.peek(2 * size);
    const auto string = buffer.read_string(size);
    const auto binary = buffer.read_binary(size);
    ASSERT_TRUE(place && string && binary);
    std::ranges::fill(
        std::span(const_cast<std::byte*>(place->data()), 2 * size),
        std::byte{'b'});
    EXPECT_EQ(*string, std::string(size, 'a'));
    EXPECT_EQ(text(*binary), std::string(size, 'a'));
    buffer.release();
  }
}

TEST(LinkBuffer, JoinedViewsSurviveEverythingButRelease) {
  LinkBuffer buffer;
  put_node(buffer, "abc");
  put_node(buffer, "def");
  put_node(buffer, "ghi");
  const auto peeked = buffer.peek(4);
  const auto first = buffer.next(5);
  const auto second = buffer.next(3);
  EXPECT_EQ(buffer.read_byte(), std::byte{'i'});
  EXPECT_EQ(text(peeked) + text(first) + text(second), "abcdabcdefgh");
}

// Upstream: TestLinkBufferPeekOutOfMemory.
TEST(LinkBuffer, PeekOutOfMemoryDoesNotComeFromPeekingAgain) {
  LinkBuffer buffer;
  put_node(buffer, std::string(8192, 'a'));
  put_node(buffer, std::string(8192, 'b'));
  const std::byte* once = buffer.peek(8193)->data();
  EXPECT_EQ(buffer.peek(8193)->data(), once);
  EXPECT_EQ(buffer.peek(9000)->data(), once);
  EXPECT_EQ(buffer.next(9000)->data(), once);
}

TEST(LinkBuffer, UntilTakesTheDelimiterToo) {
  LinkBuffer buffer;
  put_node(buffer, "GET /");
  put_node(buffer, "\r\nHost");
  EXPECT_EQ(text(buffer.until(std::byte{'\n'})), "GET /\r\n");
  EXPECT_EQ(buffer.until(std::byte{'\n'}).error(), Errc::short_buffer);
  EXPECT_EQ(buffer.size(), 4u);
}

TEST(LinkBuffer, UntilFailsWhenTheFirstMaxBytesHoldNoDelimiter) {
  LinkBuffer buffer;
  put_node(buffer, "abc");
  put_node(buffer, "de\nf");
  EXPECT_EQ(buffer.until('\n', 0).error(), Errc::too_long);
  EXPECT_EQ(buffer.until('\n', 2).error(), Errc::too_long);
  EXPECT_EQ(buffer.until('\n', 5).error(), Errc::too_long);
  EXPECT_EQ(text(buffer.until('\n', 6)), "abcde\n");
  EXPECT_EQ(buffer.until('\n', 2).error(), Errc::short_buffer);
  EXPECT_EQ(buffer.until('\n', 1).error(), Errc::too_long);
  EXPECT_EQ(buffer.size(), 1u);
}

// Upstream: TestLinkBufferIndexByte; with a second thread: the stress test.
TEST(LinkBuffer, IndexByteCountsFromTheNextUnreadByte) {
  LinkBuffer buffer;
  put_node(buffer, "xab\n");
  put_node(buffer, "cd\n");
  EXPECT_FALSE(buffer.skip(1));
  EXPECT_EQ(buffer.index_byte(std::byte{'\n'}), 2u);
  EXPECT_EQ(buffer.index_byte(std::byte{'\n'}, 2), 2u);
  EXPECT_EQ(buffer.index_byte(std::byte{'\n'}, 3), 5u);
  EXPECT_EQ(buffer.index_byte(std::byte{'\n'}, 6), std::nullopt);
  EXPECT_EQ(buffer.index_byte(std::byte{'z'}), std::nullopt);
}

TEST(LinkBuffer, IndexByteDoesNotSeeWhatIsNotFlushed) {
  LinkBuffer buffer;
  put(buffer, "ab");
  buffer.write_string("\n");
  EXPECT_EQ(buffer.index_byte(std::byte{'\n'}), std::nullopt);
}

TEST(LinkBuffer, ReleaseKeepsABlockThatHasUnreadBytes) {
  LinkBuffer buffer;
  put(buffer, "abcd");
  const auto view = buffer.peek(4);
  EXPECT_FALSE(buffer.skip(2));
  buffer.release();
  EXPECT_FALSE(freed_last(view->data(), LinkBuffer::kBlockSize));
  EXPECT_EQ(text(buffer.next(2)), "cd");
}

// Upstream: TestLinkBufferResetTail's purpose; there an idle connection keeps
// 8 KiB.
TEST(LinkBuffer, EmptyBufferGivesItsLastBlockBack) {
  LinkBuffer buffer;
  put(buffer, "abcd");
  const auto view = buffer.next(4);
  EXPECT_FALSE(freed_last(view->data(), LinkBuffer::kBlockSize));
  buffer.release();
  EXPECT_TRUE(freed_last(view->data(), LinkBuffer::kBlockSize));

  put(buffer, "efgh");
  EXPECT_EQ(text(buffer.next(4)), "efgh");
}

TEST(LinkBuffer, EmptyBufferKeepsTheBlockThatTheWriterIsWritingTo) {
  LinkBuffer buffer;
  put(buffer, "abcd");
  const auto view = buffer.malloc(2);
  view[0] = std::byte{'e'};
  EXPECT_FALSE(buffer.skip(4));
  buffer.release();
  view[1] = std::byte{'f'};
  buffer.flush();
  EXPECT_EQ(text(buffer.next(2)), "ef");
}

TEST(LinkBuffer, IdleBufferCostsTwoCacheLinesAndOneNode) {
  EXPECT_EQ(sizeof(LinkBuffer), 128u);
}

TEST(LinkBuffer, CommittedOnlyGrows) {
  LinkBuffer buffer;
  put(buffer, "abcd");
  EXPECT_FALSE(buffer.skip(4));
  buffer.release();
  put(buffer, "ef");
  EXPECT_EQ(buffer.committed(), 6u);
  EXPECT_EQ(buffer.size(), 2u);
}

}  // namespace
}  // namespace netpoll
