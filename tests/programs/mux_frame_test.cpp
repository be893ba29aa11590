// SPDX-License-Identifier: Apache-2.0
//
// The frames of mux_server and mux_client, without a connection.
#include "mux_frame.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace netpoll::programs {
namespace {

using std::string_literals::operator""s;

constexpr std::size_t kMax = 1024;

// A buffer that holds `bytes`, in one block for each piece of `piece` bytes.
void fill(LinkBuffer& buffer, std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    ASSERT_FALSE(buffer.write_direct(Block::owned(std::string(part))));
    static_cast<void>(buffer.flush());
    bytes.remove_prefix(part.size());
  }
}

std::string text_of(Frame& frame) {
  return *frame.payload.read_string(frame.payload.size());
}

TEST(MuxFrame, HeaderIsTwoBigEndianNumbers) {
  const FrameHeaderBytes bytes =
      encode({.length = 0x01020304, .id = 0xf5060708});
  const FrameHeaderBytes want = {std::byte{1}, std::byte{2},    std::byte{3},
                                 std::byte{4}, std::byte{0xf5}, std::byte{6},
                                 std::byte{7}, std::byte{8}};
  EXPECT_EQ(bytes, want);
}

TEST(MuxFrame, DecodeUndoesEncode) {
  for (const std::uint32_t n : {0u, 1u, 255u, 256u, 0x80000000u, 0xffffffffu}) {
    const FrameHeader header{.length = n, .id = ~n};
    EXPECT_EQ(decode(encode(header)), header);
  }
}

TEST(MuxFrame, WhatPutFrameAppendsTakeFrameReturns) {
  LinkBuffer payload;
  payload.write_string("payload");
  static_cast<void>(payload.flush());
  LinkBuffer buffer;
  put_frame(buffer, {.id = 42, .payload = *payload.slice(7)});
  static_cast<void>(buffer.flush());
  auto frame = take_frame(buffer, kMax);
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->id, 42u);
  EXPECT_EQ(text_of(**frame), "payload");
  EXPECT_TRUE(buffer.is_empty());
}

TEST(MuxFrame, PayloadIsNotCopied) {
  LinkBuffer buffer;
  fill(buffer, "\0\0\0\3\0\0\0\1abc"s, 100);
  const auto* where = buffer.peek(11)->data() + 8;
  auto frame = take_frame(buffer, kMax);
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->payload.bytes().data(), where);
}

TEST(MuxFrame, PiecesOfAnySizeMakeTheSameFrames) {
  const std::string stream =
      "\0\0\0\3\0\0\0\1abc"s + "\0\0\0\0\0\0\0\2"s + "\0\0\0\2\0\0\0\3de"s;
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    LinkBuffer buffer;
    fill(buffer, stream, piece);
    std::string got;
    for (auto frame = take_frame(buffer, kMax); frame && *frame;
         frame = take_frame(buffer, kMax)) {
      got += std::to_string((*frame)->id) + text_of(**frame);
    }
    EXPECT_EQ(got, "1abc23de") << "pieces of " << piece;
    EXPECT_TRUE(buffer.is_empty());
  }
}

TEST(MuxFrame, NothingIsTakenWhileAByteIsMissing) {
  const std::string stream = "\0\0\0\3\0\0\0\1abc"s;
  for (std::size_t size = 0; size < stream.size(); ++size) {
    LinkBuffer buffer;
    fill(buffer, std::string_view(stream).substr(0, size), 100);
    const auto frame = take_frame(buffer, kMax);
    ASSERT_TRUE(frame.has_value());
    EXPECT_FALSE(frame->has_value());
    EXPECT_EQ(buffer.size(), size);
  }
}

TEST(MuxFrame, LongestPayloadIsTaken) {
  LinkBuffer buffer;
  fill(buffer, "\0\0\0\3\0\0\0\1abc"s, 100);
  const auto frame = take_frame(buffer, 3);
  EXPECT_TRUE(frame && *frame);
}

TEST(MuxFrame, LongerPayloadIsRefusedByItsHeaderAlone) {
  LinkBuffer buffer;
  fill(buffer, "\0\0\0\4\0\0\0\1"s, 100);
  const auto frame = take_frame(buffer, 3);
  ASSERT_FALSE(frame.has_value());
  EXPECT_EQ(frame.error(), Errc::too_long);
}

TEST(MuxFrame, LongestLengthOfAllIsRefused) {
  LinkBuffer buffer;
  fill(buffer, "\xff\xff\xff\xff\0\0\0\1abc"s, 1);
  const auto frame = take_frame(buffer, kMax);
  ASSERT_FALSE(frame.has_value());
  EXPECT_EQ(frame.error(), Errc::too_long);
}

}  // namespace
}  // namespace netpoll::programs
