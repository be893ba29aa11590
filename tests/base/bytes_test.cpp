// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>

namespace netpoll {
namespace {

TEST(Bytes, TextAndBytesAreViewsOfTheSameMemory) {
  const std::string word = "a word";
  const std::span<const std::byte> bytes = as_bytes(word);
  EXPECT_EQ(bytes.size(), 6u);
  EXPECT_EQ(static_cast<const void*>(bytes.data()), word.data());
  EXPECT_EQ(as_text(bytes), word);
  EXPECT_EQ(as_text(bytes).data(), word.data());
}

TEST(Bytes, NothingIsAnEmptyText) {
  EXPECT_TRUE(as_text({}).empty());
  EXPECT_TRUE(as_bytes("").empty());
}

TEST(Bytes, CopyWritesTheFirstBytesAndLeavesTheRest) {
  std::array<std::byte, 4> to{};
  copy_bytes(as_bytes("abc"), to);
  copy_bytes({}, {});
  EXPECT_EQ(as_text(to), std::string("abc\0", 4));
}

}  // namespace
}  // namespace netpoll
