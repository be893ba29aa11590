// SPDX-License-Identifier: Apache-2.0
// The views that a system call is given.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

std::vector<std::string> pieces_of(LinkBuffer& buffer, std::size_t most) {
  std::array<LinkBuffer::Bytes, 16> pieces;
  const std::size_t count = buffer.gather(std::span(pieces).first(most));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count && i < pieces.size(); ++i)
    texts.push_back(text(pieces.at(i)));
  return texts;
}

using Texts = std::vector<std::string>;

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
