// SPDX-License-Identifier: Apache-2.0
// What the exercise asks of frame.cpp, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "frame.h"
#include "support.h"

namespace request_id::test {
namespace {

using netpoll::LinkBuffer;
using netpoll::Result;

std::string told(const Result<Frame>& frame) {
  return frame ? std::to_string(frame->id) + " " + frame->payload
               : "[" + frame.error().message() + "]";
}

const std::string kNotWhole = "[fewer bytes are buffered than asked for]";
const std::string kCannotBe = "[invalid argument]";

class RequestIdFrame : public testing::Test {
  const TimeLimit limit_{"write_frame() or read_frame() does not return"};
};

TEST_F(RequestIdFrame, HasItsLengthItsIdAndItsPayload) {
  LinkBuffer out;
  write_frame(out, 0x0102030405060708, "hello");
  EXPECT_EQ(out.size(), 0U) << "write_frame() flushed: the caller does that";
  out.flush();
  EXPECT_EQ(in_hex(*out.read_string(out.size())),
            in_hex(frame(0x0102030405060708, "hello")))
      << "write_frame(out, 0x0102030405060708, \"hello\")";
}

TEST_F(RequestIdFrame, IsReadAsItWasWritten) {
  LinkBuffer in;
  put(in, frame(77, "hello") + frame(78, ""));
  EXPECT_EQ(told(read_frame(in)), "77 hello");
  EXPECT_EQ(told(read_frame(in)), "78 ")
      << "this is id 78 with an empty payload, which is allowed";
  EXPECT_EQ(in.size(), 0U);
}

TEST_F(RequestIdFrame, MayComeByteByByte) {
  LinkBuffer in;
  const std::string bytes = frame(77, "hello");
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    put(in, bytes.substr(i, 1));
    ASSERT_EQ(told(read_frame(in)), kNotWhole)
        << i + 1 << " of " << bytes.size() << " bytes have come";
    ASSERT_EQ(in.size(), i + 1) << "half a frame must stay where it is";
  }
  put(in, bytes.substr(bytes.size() - 1));
  EXPECT_EQ(told(read_frame(in)), "77 hello");
}

TEST_F(RequestIdFrame, WithALengthThatCannotBeIsRefusedAtOnce) {
  for (const auto& [length, why] :
       {std::pair{std::uint64_t{7}, "not even the id has room in it"},
        std::pair{kIdSize + kMaxPayload + 1, "one byte more than may be"},
        std::pair{std::uint64_t{0xffffffff},
                  "whoever waits for so many bytes lets the peer fill the "
                  "memory"}}) {
    LinkBuffer in;
    put(in, number(length, 4));
    EXPECT_EQ(told(read_frame(in)), kCannotBe)
        << "the length is " << length << ": " << why;
  }
}

TEST_F(RequestIdFrame, MayHaveTheLargestPayload) {
  LinkBuffer in;
  put(in, frame(77, std::string(kMaxPayload, 'x')));
  const auto got = read_frame(in);
  ASSERT_TRUE(got) << "a payload of exactly 1 MiB is allowed";
  EXPECT_EQ(got->payload.size(), kMaxPayload);
}

TEST_F(RequestIdFrame, GivesItsMemoryBack) {
  bool freed = false;
  std::string bytes = frame(77, "hello");
  LinkBuffer in;
  ASSERT_FALSE(in.write_direct(netpoll::Block::lent(
      std::as_writable_bytes(std::span(bytes)), [&] { freed = true; })));
  in.flush();
  ASSERT_EQ(told(read_frame(in)), "77 hello");
  EXPECT_TRUE(freed) << "the frame was read, and its block is still kept: who "
                        "calls release()?";
}

}  // namespace
}  // namespace request_id::test
