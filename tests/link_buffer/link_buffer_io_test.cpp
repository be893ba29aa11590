// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"
#include "netpoll/mcache/mcache.h"

namespace netpoll {
namespace {

std::size_t total(std::span<const LinkBuffer::Bytes> slices) {
  return std::accumulate(
      slices.begin(), slices.end(), std::size_t{0},
      [](std::size_t sum, LinkBuffer::Bytes s) { return sum + s.size(); });
}

// Upstream: TestLinkBufferGetBytes.
TEST(LinkBuffer, GetBytesReturnsEveryByte) {
  LinkBuffer buffer;
  std::size_t expected = 0;
  for (std::size_t n = 1; n <= 1'000'000; n *= 10) {
    buffer.write_binary(std::vector<std::byte>(n));
    expected += n;
  }
  buffer.flush();
  EXPECT_EQ(total(buffer.gather()), expected);
}

// Row 6: upstream omits the tail when it is to size the answer itself.
TEST(LinkBuffer, E2Row6GatherHasTheTailToo) {
  LinkBuffer buffer;
  put(buffer, std::string(100, 'a'));
  ASSERT_EQ(buffer.gather().size(), 1u);
  EXPECT_EQ(buffer.gather()[0].size(), 100u);
  put_node(buffer, "tail");
  EXPECT_EQ(text(buffer.gather().back()), "tail");
}

TEST(LinkBuffer, GatherStopsWhenTheSlicesAreFull) {
  LinkBuffer buffer;
  put_node(buffer, "ab");
  put_node(buffer, "cd");
  put_node(buffer, "ef");
  std::array<LinkBuffer::Bytes, 2> two;
  EXPECT_EQ(buffer.gather(two), 2u);
  EXPECT_EQ(text(two[0]) + text(two[1]), "abcd");
  EXPECT_EQ(buffer.gather(std::span<LinkBuffer::Bytes>()), 0u);
  EXPECT_EQ(buffer.size(), 6u);
}

TEST(LinkBuffer, GatherGivesNoEmptySliceAndNothingUnflushed) {
  LinkBuffer buffer;
  put_node(buffer, "ab");
  put_node(buffer, "cd");
  EXPECT_FALSE(buffer.skip(2));
  buffer.write_string("not yet");
  std::array<LinkBuffer::Bytes, 8> slices;
  ASSERT_EQ(buffer.gather(slices), 1u);
  EXPECT_EQ(text(slices[0]), "cd");
}

TEST(LinkBuffer, BookAckCommitsWhatWasReadAndTellsTheSize) {
  LinkBuffer buffer;
  put(buffer, "ab");
  const auto place = buffer.book(1000, 8192);
  EXPECT_EQ(place.size(), 1000u);
  place[0] = std::byte{'c'};
  EXPECT_EQ(buffer.book_ack(1), 3u);
  EXPECT_EQ(text(buffer.bytes()), "abc");
}

TEST(LinkBuffer, BookUsesWhatTheLastBlockHasLeft) {
  LinkBuffer buffer;
  const auto first = buffer.book(1000, 8192);
  buffer.book_ack(10);
  const auto second = buffer.book(100'000, 8192);
  EXPECT_EQ(second.data(), first.data() + 10);
  EXPECT_EQ(second.size(), 8182u);
}

// Unlike upstream, which then reads a few bytes with a system call of their
// own.
TEST(LinkBuffer, BookLeavesAnAlmostFullBlockAlone) {
  LinkBuffer buffer;
  buffer.book(8190, 8192);
  buffer.book_ack(8190);
  EXPECT_EQ(buffer.book(8192, 8192).size(), 8192u);
}

TEST(LinkBuffer, BookThatReadNothingKeepsNoBlock) {
  LinkBuffer buffer;
  const std::byte* place = buffer.book(8192, 8192).data();
  EXPECT_EQ(buffer.book_ack(0), 0u);
  EXPECT_TRUE(freed_last(place, 8192));
}

// Broken variant: book_ack() leaves the bytes where they were read, and 16 of
// them keep a block of 1 MiB.
TEST(LinkBuffer, FewBytesThatAreKeptDoNotKeepALargeBlock) {
  constexpr std::size_t kLarge = 1024 * 1024;
  LinkBuffer buffer;
  const std::size_t before = mcache::stats().in_use_bytes;
  std::vector<Slice> kept;
  for (int i = 0; i < 10; ++i) {
    const auto room = buffer.book(kLarge, kLarge);
    std::memcpy(room.data(), "a small message!", 16);
    EXPECT_EQ(buffer.book_ack(16), 16u);
    kept.push_back(*buffer.slice(16));
    buffer.release();
  }
  EXPECT_LT(mcache::stats().in_use_bytes - before, 64u * 1024);
  for (Slice& slice : kept)
    EXPECT_EQ(as_text(*slice.next(16)), "a small message!");
}

TEST(LinkBufferDeathTest, BookAckOfMoreThanBookedEndsTheProcess) {
  LinkBuffer buffer;
  buffer.book(8, 8);
  EXPECT_DEATH(buffer.book_ack(9), "more than was booked");
}

}  // namespace
}  // namespace netpoll
