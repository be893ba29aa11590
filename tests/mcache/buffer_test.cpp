// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/buffer.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace netpoll::mcache {
namespace {

TEST(Buffer, HasTheAskedSizeAndTheCapacityOfItsBlock) {
  const Buffer buffer(5, 100);
  EXPECT_EQ(buffer.size(), 5U);
  EXPECT_EQ(buffer.capacity(), 128U);
  EXPECT_EQ(buffer.bytes().data(), buffer.data());
  EXPECT_EQ(buffer.bytes().size(), 5U);
}

TEST(Buffer, ADefaultOneHoldsNothing) {
  const Buffer buffer;
  EXPECT_EQ(buffer.data(), nullptr);
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(Buffer, CannotBeCopiedOrMadeFromOtherMemory) {
  EXPECT_FALSE(std::is_copy_constructible_v<Buffer>);
  EXPECT_FALSE(std::is_copy_assignable_v<Buffer>);
  EXPECT_FALSE((std::is_constructible_v<Buffer, Memory>));
}

TEST(Buffer, ItsEndFreesTheBlock) {
  std::byte* base = nullptr;
  {
    const Buffer buffer(300);
    base = buffer.data();
  }
  EXPECT_EQ(Buffer(300).data(), base);
}

TEST(Buffer, AShrunkOneGoesBackToTheClassOfItsBlock) {
  std::byte* base = nullptr;
  {
    Buffer buffer(300);
    base = buffer.data();
    buffer.resize(3);
    EXPECT_EQ(buffer.size(), 3U);
  }
  EXPECT_EQ(Buffer(512).data(), base);
}

TEST(Buffer, MovingLeavesTheSourceEmpty) {
  Buffer source(300);
  std::byte* const base = source.data();
  const Buffer target(std::move(source));
  EXPECT_EQ(target.data(), base);
  EXPECT_EQ(target.size(), 300U);
  EXPECT_EQ(source.data(), nullptr);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(source.size(), 0U);
}

TEST(Buffer, MoveAssignmentFreesWhatWasHeld) {
  Buffer target(300);
  std::byte* const freed = target.data();
  target = Buffer(5000);
  EXPECT_EQ(target.capacity(), 8192U);
  EXPECT_EQ(Buffer(300).data(), freed);
}

TEST(Buffer, MovingIntoItselfKeepsTheBlock) {
  Buffer buffer(300);
  std::byte* const base = buffer.data();
  Buffer& same = buffer;
  buffer = std::move(same);
  EXPECT_EQ(buffer.data(), base);
  EXPECT_EQ(buffer.size(), 300U);
}

}  // namespace
}  // namespace netpoll::mcache
