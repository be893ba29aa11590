// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/block.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "link_buffer/text.h"

namespace netpoll {
namespace {

TEST(Block, PooledHasAtLeastTheSizeAskedFor) {
  EXPECT_EQ(Block::pooled(5000)->bytes().size(), 8192u);
}

TEST(Block, PooledGoesBackToThePoolWithItsLastHolder) {
  Ref<Block> first = Block::pooled(4096);
  Ref<Block> second = first;
  const std::byte* base = first->bytes().data();

  first = nullptr;
  EXPECT_FALSE(freed_last(base, 4096));
  second = nullptr;
  EXPECT_TRUE(freed_last(base, 4096));
}

TEST(Block, OwnedKeepsAShortStringsBytesThoughTheyLieInsideTheString) {
  std::string word = "short";
  const Ref<Block> block = Block::owned(std::move(word));
  EXPECT_EQ(text(block->bytes()), "short");
}

TEST(Block, OwnedDoesNotCopyALongVector) {
  std::vector<std::byte> bytes(10000);
  const std::byte* data = bytes.data();
  EXPECT_EQ(Block::owned(std::move(bytes))->bytes().data(), data);
}

TEST(Block, LentTellsTheLenderOnceWhenTheLastHolderIsGone) {
  std::array<std::byte, 8> memory{};
  int done = 0;
  Ref<Block> block = Block::lent(memory, [&] { ++done; });
  Ref<Block> second = block;

  block = nullptr;
  EXPECT_EQ(done, 0);
  second = nullptr;
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace netpoll
