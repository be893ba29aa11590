// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/block.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "link_buffer/text.h"
#include "netpoll/base/log.h"

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

TEST(Block, LentMayHaveNothingToCall) {
  std::array<std::byte, 8> memory{};
  EXPECT_EQ(Block::lent(memory, nullptr)->bytes().size(), 8u);
}

TEST(Block, LentLogsWhatItsDoneThrows) {
  std::string lines;
  auto before =
      log::set_sink([&](std::string_view line) { lines.append(line); });
  std::array<std::byte, 8> memory{};
  {
    Block::lent(memory, [] { throw std::runtime_error("torn"); });
  }
  {
    Block::lent(memory, [] { throw 1; });
  }
  log::set_sink(std::move(before));
  EXPECT_NE(lines.find("torn"), std::string::npos);
  EXPECT_NE(lines.find("no std::exception"), std::string::npos);
}

}  // namespace
}  // namespace netpoll
