// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

void fill(std::span<std::byte> place, std::string_view text) {
  ASSERT_GE(place.size(), text.size());
  std::ranges::copy(raw(text), place.begin());
}

// Upstream: TestLinkBufferWithInvalid, the writer's half.
TEST(LinkBuffer, WritingNothingChangesNothing) {
  LinkBuffer buffer;
  LinkBuffer other;
  EXPECT_TRUE(buffer.malloc(0).empty());
  buffer.write_string("");
  buffer.write_binary({});
  EXPECT_FALSE(buffer.write_direct(Block::owned(std::string())));
  buffer.append(std::move(other));
  EXPECT_FALSE(buffer.malloc_ack(0));
  EXPECT_TRUE(buffer.book(0, 8192).empty());
  EXPECT_FALSE(buffer.flush());
  EXPECT_EQ(buffer.malloc_size(), 0u);
  EXPECT_EQ(buffer.size(), 0u);
}

// Upstream: TestLinkBufferWriteMultiFlush.
TEST(LinkBuffer, WriteMultiFlushAddsWhatIsNewAndNothingTwice) {
  LinkBuffer buffer;
  buffer.write_string("1020");
  buffer.flush();
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "1020");
  EXPECT_FALSE(buffer.skip(2));
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "20");
  buffer.write_string("30");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "2030");
}

// Upstream: TestLinkBufferWriteBinary.
TEST(LinkBuffer, WriteBinaryDoesNotTouchTheCallersSpareCapacity) {
  std::array<std::byte, 16> memory{};
  LinkBuffer buffer;
  ASSERT_FALSE(
      buffer.write_direct(Block::lent(std::span(memory).first(9), [] {})));
  buffer.flush();
  buffer.write_byte(std::byte{1});
  buffer.malloc(1)[0] = std::byte{2};
  buffer.flush();
  EXPECT_EQ(memory[9], std::byte{0});
}

// Row 18: upstream refers to more than 4 KiB, though the caller reuses them.
TEST(LinkBuffer, E2Row18WriteBinaryCopiesWhateverTheSize) {
  LinkBuffer buffer;
  std::string mine(10000, 'a');
  buffer.write_string(mine);
  mine.assign(10000, 'b');
  buffer.flush();
  EXPECT_EQ(buffer.read_string(10000), std::string(10000, 'a'));
}

TEST(LinkBuffer, MallocAckKeepsTheFirstBytes) {
  LinkBuffer buffer;
  put(buffer, "before ");
  fill(buffer.malloc(8), "keptlost");
  EXPECT_FALSE(buffer.malloc_ack(4));
  EXPECT_EQ(buffer.malloc_size(), 4u);
  buffer.write_string("!");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "before kept!");
}

TEST(LinkBuffer, MallocAckDropsWholeNodes) {
  LinkBuffer buffer;
  fill(buffer.malloc(3000), "abc");
  buffer.malloc(3000);
  buffer.malloc(9000);
  EXPECT_FALSE(buffer.malloc_ack(3));
  buffer.write_string("def");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "abcdef");
}

TEST(LinkBuffer, MallocAckOfZeroLetsAnEmptyBufferGiveItsBlockBack) {
  LinkBuffer buffer;
  const std::byte* place = buffer.malloc(10).data();
  EXPECT_FALSE(buffer.malloc_ack(0));
  EXPECT_TRUE(freed_last(place, LinkBuffer::kBlockSize));
}

// Row 5: upstream dereferences nil.
TEST(LinkBuffer, E2Row5MallocAckOfTooMuchIsRefused) {
  LinkBuffer buffer;
  buffer.write_string("abc");
  EXPECT_EQ(buffer.malloc_ack(4), Errc::invalid_argument);
  EXPECT_EQ(buffer.malloc_size(), 3u);
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "abc");
  EXPECT_EQ(buffer.malloc_ack(1), Errc::invalid_argument);
}

// Row 393 (fixed upstream in v0.7.1): the node behind the insertion was rewound
// to the start of its block.
TEST(LinkBuffer, E1Row393MallocAckAfterWriteDirectLosesNoByte) {
  LinkBuffer buffer;
  const auto place = buffer.malloc(32);
  fill(place, "headtail");
  ASSERT_FALSE(buffer.write_direct(Block::owned(std::string("BODY")), 28));
  EXPECT_FALSE(buffer.malloc_ack(4));
  fill(buffer.malloc(3), "new");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "headnew");
}

// Upstream: TestLinkBufferWriteDirect.
TEST(LinkBuffer, WriteDirectInsertsBeforeTheBytesThatRemain) {
  LinkBuffer buffer;
  const auto place = buffer.malloc(32);
  const auto direct = [&](std::string bytes, std::size_t remain) {
    return buffer.write_direct(Block::owned(std::move(bytes)), remain);
  };
  fill(place, "ab");
  EXPECT_FALSE(direct("cdef", 30));
  fill(place.subspan(2), "g");
  EXPECT_FALSE(direct("hijkl", 29));
  fill(place.subspan(3), "m");
  EXPECT_FALSE(direct("nopqrst", 28));
  fill(place.subspan(4), "u");
  EXPECT_FALSE(direct("vwxyz", 27));
  fill(place.subspan(5), "abcdefghijklmnopqrstuvwxyza");
  EXPECT_FALSE(direct("abcdefghijklmnopqrstuvwxyz", 0));
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()),
            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyza"
            "abcdefghijklmnopqrstuvwxyz");
}

TEST(LinkBuffer, WriteDirectOfMoreThanRemainsIsRefused) {
  LinkBuffer buffer;
  buffer.write_string("abc");
  EXPECT_EQ(buffer.write_direct(Block::owned(std::string("x")), 4),
            Errc::invalid_argument);
  EXPECT_EQ(buffer.malloc_size(), 3u);
}

TEST(LinkBuffer, WriteDirectGoesOnInTheSameBlockAfterwards) {
  LinkBuffer buffer;
  const auto head = buffer.malloc(4);
  ASSERT_FALSE(buffer.write_direct(Block::owned(std::string("BODY"))));
  const auto tail = buffer.malloc(4);
  EXPECT_EQ(tail.data(), head.data() + 4);
}

// The part of a lent block that malloc_ack() drops is still the lender's.
TEST(LinkBuffer, MallocAckInLentMemoryDoesNotMakeItsRestWritable) {
  std::array<std::byte, 8> memory{};
  LinkBuffer buffer;
  ASSERT_FALSE(buffer.write_direct(Block::lent(memory, nullptr)));
  ASSERT_FALSE(buffer.malloc_ack(3));
  buffer.write_string("ab");
  ASSERT_FALSE(buffer.write_direct(Block::lent(memory, nullptr)));
  buffer.write_string("cd");
  ASSERT_FALSE(buffer.malloc_ack(7));  // two bytes into the second block
  buffer.write_string("ef");
  buffer.flush();
  EXPECT_EQ(memory, (std::array<std::byte, 8>{}));
  EXPECT_EQ(text(buffer.bytes()).substr(3), std::string("ab\0\0ef", 6));
}

TEST(LinkBuffer, WriteDirectAtOnePlaceKeepsTheOrderOfTheCalls) {
  LinkBuffer buffer;
  buffer.write_string("head");
  buffer.write_string("foot");
  for (const char* body : {"1", "2", "3", "4"}) {
    ASSERT_FALSE(buffer.write_direct(Block::owned(std::string(body)), 4));
  }
  buffer.write_string("!");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "head1234foot!");
}

// Upstream: TestLinkBufferNoCopyWriteAndRead.
TEST(LinkBuffer, NoCopyWriteAndReadShareMemoryButCopiesDoNot) {
  LinkBuffer buffer;
  std::string body(512, 'b');
  const char* body_data = body.data();
  const auto head = buffer.malloc(16);
  fill(head, "aaaaaaaacccccccc");
  ASSERT_FALSE(buffer.write_direct(Block::owned(std::move(body)), 8));
  buffer.flush();

  EXPECT_EQ(buffer.next(8)->data(), head.data());
  EXPECT_EQ(static_cast<const void*>(buffer.peek(512)->data()), body_data);
  const auto copy = buffer.read_binary(512);
  EXPECT_NE(static_cast<const void*>(copy->data()), body_data);
  EXPECT_EQ(text(*copy), std::string(512, 'b'));
  EXPECT_EQ(buffer.next(8)->data(), head.data() + 8);
}

// Upstream: TestLinkBufferBufferMode: memory that is not ours goes back to its
// owner, not to the pool, and is never written to.
TEST(LinkBuffer, BufferModeOfLentMemoryIsReadOnlyAndGivenBack) {
  std::array<std::byte, 8> memory{};
  bool back = false;
  LinkBuffer buffer;
  ASSERT_FALSE(buffer.write_direct(
      Block::lent(std::span(memory).first(4), [&] { back = true; })));
  buffer.write_string("abcd");
  buffer.flush();
  EXPECT_EQ(memory, (std::array<std::byte, 8>{}));

  EXPECT_FALSE(buffer.skip(5));
  EXPECT_FALSE(back);
  buffer.release();
  EXPECT_TRUE(back);
}

// Upstream: TestLinkBufferWriteBuffer.
TEST(LinkBuffer, WriteBufferAppendsInOrderAndEmptiesTheSource) {
  LinkBuffer buffer;
  LinkBuffer two;
  LinkBuffer three;
  put(two, "x2");
  ASSERT_FALSE(two.skip(1));
  put(three, "3");
  three.write_string("4");
  buffer.write_string("1");
  buffer.append(std::move(two));
  buffer.append(std::move(three));
  buffer.write_string("5");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "12345");
  EXPECT_EQ(buffer.committed(), 5u);
}

// Unlike upstream, where flushed bytes of the source are readable at once, as
// many of the wrong ones as it had.
TEST(LinkBuffer, AppendedBytesWaitForFlush) {
  LinkBuffer buffer;
  LinkBuffer other;
  put(other, "34");
  buffer.write_string("12");
  buffer.append(std::move(other));
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.malloc_size(), 4u);
  EXPECT_FALSE(buffer.malloc_ack(3));
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "123");
}

TEST(LinkBuffer, AppendLeavesASourceThatCanBeUsedAgain) {
  LinkBuffer buffer;
  LinkBuffer other;
  put(other, "1");
  buffer.append(std::move(other));
  EXPECT_EQ(other.size(), 0u);  // NOLINT(bugprone-use-after-move): as promised
  put(other, "2");
  EXPECT_EQ(text(other.bytes()), "2");
  buffer.flush();
  EXPECT_EQ(text(buffer.bytes()), "1");
}

}  // namespace
}  // namespace netpoll
