// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/slice.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "link_buffer/text.h"

namespace netpoll {
namespace {

// Upstream: TestLinkBufferRefer.
TEST(Slice, ReferKeepsTheMemoryUntilBothReadersAreThrough) {
  LinkBuffer buffer;
  put(buffer, "headbody");
  const std::byte* base = buffer.peek(1)->data();
  Slice part = *buffer.slice(4);
  EXPECT_EQ(buffer.size(), 4u);
  EXPECT_EQ(part.size(), 4u);
  EXPECT_EQ(text(buffer.next(4)), "body");
  buffer.release();
  EXPECT_FALSE(freed_last(base, LinkBuffer::kBlockSize));

  EXPECT_EQ(text(part.next(4)), "head");
  part.release();
  EXPECT_TRUE(freed_last(base, LinkBuffer::kBlockSize));
}

// Upstream: TestLinkBufferResetTail.
TEST(Slice, ResetTailOfTheBufferDoesNotReachTheSlice) {
  LinkBuffer buffer;
  put(buffer, "1");
  Slice part = *buffer.slice(1);
  buffer.release();
  put(buffer, "2");
  EXPECT_EQ(part.read_byte(), std::byte{'1'});
}

// Row 4: upstream's second half owns the memory and frees it under the slice.
TEST(Slice, E2Row4SliceBeforeAWriteDirectOutlivesTheRestOfItsBlock) {
  Slice part;
  {
    LinkBuffer buffer;
    buffer.write_string("headtail");
    ASSERT_FALSE(buffer.write_direct(Block::owned(std::string("BODY")), 4));
    buffer.flush();
    part = *buffer.slice(6);
    EXPECT_EQ(text(buffer.next(6)), "DYtail");
    buffer.release();
    put(buffer, "overwrites what the pool gives again");
  }
  EXPECT_EQ(text(part.next(6)), "headBO");
}

TEST(Slice, CutsAcrossNodesWithoutCopies) {
  LinkBuffer buffer;
  put_node(buffer, "abc");
  put_node(buffer, "def");
  const std::byte* base = buffer.peek(1)->data();
  Slice part = *buffer.slice(5);
  EXPECT_EQ(part.gather().size(), 2u);
  EXPECT_EQ(part.peek(3)->data(), base);
  EXPECT_EQ(text(part.bytes()), "abcde");
  EXPECT_EQ(text(buffer.bytes()), "f");
}

// Unlike upstream, which releases the buffer when the slice spans nodes.
TEST(Slice, DoesNotEndTheViewsOfItsBuffer) {
  bool freed = false;
  std::string memory = "abc";
  LinkBuffer buffer;
  ASSERT_FALSE(buffer.write_direct(Block::lent(
      std::as_writable_bytes(std::span(memory)), [&] { freed = true; })));
  buffer.write_string("def");
  buffer.flush();
  const auto view = buffer.next(3);
  buffer.slice(2)->release();
  EXPECT_FALSE(freed);
  EXPECT_EQ(text(view), "abc");
}

TEST(Slice, CanBeSlicedAndMoved) {
  LinkBuffer buffer;
  put_node(buffer, "abcdef");
  Slice outer = *buffer.slice(5);
  EXPECT_FALSE(outer.skip(1));
  Slice inner = *outer.slice(2);
  Slice moved = std::move(inner);
  outer = std::move(moved);
  EXPECT_EQ(text(outer.bytes()), "bc");
}

// Broken variant: after append() the writer fills the rest of the last block,
// as it might before, but that block is still the other buffer's.
TEST(Slice, WhatIsWrittenBehindAMovedSliceLeavesItsBlockAlone) {
  LinkBuffer buffer;
  put(buffer, "abcdef");
  LinkBuffer to;
  to.write_string("1");
  std::move(*buffer.slice(3)).move_to(to);
  to.flush();
  put(to, "234");
  EXPECT_EQ(text(buffer.next(3)), "def");
  EXPECT_EQ(text(to.bytes()), "1abc234");
}

TEST(Slice, MayBeReadAndFreedOnAnotherThread) {
  LinkBuffer buffer;
  put(buffer, "for you, for me");
  Slice part = *buffer.slice(7);
  std::string seen;
  std::jthread other(
      [part = std::move(part), &seen]() mutable { seen = text(part.bytes()); });
  EXPECT_EQ(text(buffer.bytes()), ", for me");
  buffer.release();
  other.join();
  EXPECT_EQ(seen, "for you");
}

}  // namespace
}  // namespace netpoll
