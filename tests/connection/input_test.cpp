// SPDX-License-Identifier: Apache-2.0
#include "netpoll/connection/input.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "link_buffer/text.h"
#include "poller/support.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::text_of;

// The test is the poller: what it sends at the far end it fills in itself.
class InputTest : public PollerTest {
 protected:
  Result<os::Moved> fill() {
    Result<os::Moved> moved = input->fill(pair.near.get());
    input->wake_if_enough();
    return moved;
  }
  void arrive(std::string_view text) {
    test::send_all(pair.far.get(), text);
    ASSERT_TRUE(fill());
  }
  void close(ClosedBy by) {
    static_cast<void>(by == ClosedBy::user ? life.user_closed()
                                           : life.peer_ended(by));
    input->wake();
  }
  // On a thread of its own; its answer as text, or the error.
  auto read(std::size_t n) {
    return std::async(std::launch::async, [this, n]() -> Result<std::string> {
      return input->read_string(n);
    });
  }

  Lifecycle life{false};
  Activity activity;
  std::optional<Input> input{std::in_place, life, *poller, *op, activity};
};

TEST_F(InputTest, FillTakesWhatTheKernelHas) {
  test::send_all(pair.far.get(), "hello");
  EXPECT_EQ(fill()->bytes, 5u);
  EXPECT_EQ(input->size(), 5u);
  EXPECT_EQ(input->committed(), 5u);
}

// Broken variant: the bytes are seen only when the socket brings more.
TEST_F(InputTest, WhatItBeginsWithIsReadableAtOnce) {
  LinkBuffer before;
  before.write_string("unread");
  static_cast<void>(before.flush());
  input->begin_with(*before.slice(6));
  EXPECT_EQ(input->committed(), 6u);
  ASSERT_EQ(input->size(), 6u);  // else the read would wait
  EXPECT_EQ(input->read_string(6), "unread");
}

TEST_F(InputTest, FillPassesOnThatThereIsNothing) {
  EXPECT_TRUE(fill()->again);
  pair.far.reset();
  EXPECT_TRUE(fill()->eof);
  EXPECT_EQ(input->size(), 0u);
}

TEST_F(InputTest, FillReadsTwiceAsMuchOnceItWasFilledToTheBrim) {
  test::send_all(pair.far.get(), std::string(8192 + 16384, 'x'));
  EXPECT_EQ(fill()->bytes, 8192u);
  EXPECT_EQ(fill()->bytes, 16384u);
}

TEST_F(InputTest, EveryReadTakesItsBytesInOrder) {
  arrive("abbcccddddeeeee\nff");
  EXPECT_EQ(input->read_byte(), std::byte{'a'});
  EXPECT_EQ(text_of(*input->peek(2)), "bb");
  EXPECT_EQ(text_of(*input->next(2)), "bb");
  EXPECT_FALSE(input->skip(3));
  EXPECT_EQ(input->read_string(4), "dddd");
  EXPECT_EQ(text_of(*input->until(std::byte{'\n'})), "eeeee\n");
  EXPECT_EQ(input->read_binary(2)->size(), 2u);
  EXPECT_EQ(input->consumed(), 18u);
}

TEST_F(InputTest, SliceOutlivesTheInput) {
  arrive("keep me");
  Result<Slice> slice = input->slice(7);
  ASSERT_TRUE(slice);
  input.reset();
  EXPECT_EQ(slice->read_string(7), "keep me");
}

// Two fills, two blocks. Broken variant: read() takes the first piece alone.
TEST_F(InputTest, ReadCopiesAcrossNodes) {
  std::string text;
  while (text.size() < 8192 + 8192)
    text += std::to_string(text.size()) + ' ';
  test::send_all(pair.far.get(), text);
  ASSERT_EQ(fill()->bytes, 8192u);
  ASSERT_EQ(fill()->bytes, text.size() - 8192);
  std::vector<std::byte> room(text.size() + 100);
  EXPECT_EQ(input->read(std::span(room).first(100)), 100u);
  EXPECT_EQ(input->read(std::span(room).subspan(100)), text.size() - 100);
  EXPECT_EQ(text_of(std::span(room).first(text.size())), text);
  EXPECT_EQ(input->size(), 0u);
}

// Broken variant: read() releases whatever was handed out before.
TEST_F(InputTest, E1Row415ReadEndsNoViewOfAnEarlierCall) {
  arrive("viewed, and read");
  const auto view = *input->next(6);
  std::array<std::byte, 64> room{};
  EXPECT_EQ(input->read(room), 10u);
  EXPECT_EQ(text_of(std::span(room).first(10)), ", and read");
  EXPECT_FALSE(freed_last(view.data(), 8192));
  EXPECT_EQ(text_of(view), "viewed");
  input->release();
  EXPECT_TRUE(freed_last(view.data(), 8192));
}

TEST_F(InputTest, E1Row415ReadAloneGivesItsMemoryBack) {
  arrive("read");
  const std::byte* place = input->peek(4)->data();
  input->release();
  std::array<std::byte, 64> room{};
  EXPECT_EQ(input->read(room), 4u);
  EXPECT_TRUE(freed_last(place, 8192));
}

TEST_F(InputTest, ReadWaitsUntilAllIsThere) {
  auto answer = read(4);
  arrive("ab");
  arrive("cd");
  EXPECT_EQ(answer.get(), "abcd");
}

// Broken variant: wake_if_enough() pulls for each chunk.
TEST_F(InputTest, HalfPacketsDoNotWakeTheReader) {
  constexpr std::size_t kSize = 2000;
  auto sleeps = std::async(std::launch::async, [this] {
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_THREAD, &before);
    EXPECT_TRUE(input->next(kSize));
    ::getrusage(RUSAGE_THREAD, &after);
    return after.ru_nvcsw - before.ru_nvcsw;
  });
  for (std::size_t i = 0; i < kSize; ++i) {
    arrive("x");
    std::this_thread::yield();
  }
  EXPECT_LT(sleeps.get(), 20);
}

TEST_F(InputTest, UntilFindsItsDelimiterAcrossChunks) {
  auto line = std::async(std::launch::async, [this] {
    return std::string(text_of(*input->until(std::byte{'\n'})));
  });
  arrive("one ");
  arrive("line");
  arrive("\nand more");
  EXPECT_EQ(line.get(), "one line\n");
  EXPECT_EQ(input->size(), 8u);
}

TEST_F(InputTest, ReadGivesUpAfterItsTimeoutAndTakesNothing) {
  arrive("ab");
  input->limit().set_timeout(milliseconds(20));
  const Deadline start = Deadline::clock::now();
  const auto bytes = input->next(3);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error(), Errc::read_timeout);
  EXPECT_GE(Deadline::clock::now() - start, milliseconds(20));
  EXPECT_EQ(input->size(), 2u);
}

// Broken variant: until() asks for a new deadline with each chunk.
TEST_F(InputTest, ReadTimeoutCoversTheWholeCall) {
  input->limit().set_timeout(milliseconds(50));
  Trigger over;
  auto error = std::async(std::launch::async, [&] {
    const auto line = input->until(std::byte{'\n'});
    over.pull();
    return line ? std::error_code() : line.error();
  });
  bool in_time = false;
  for (int chunk = 0; chunk < 300 && !in_time; ++chunk) {
    arrive("x");
    in_time = over.wait_until(Deadline::clock::now() + milliseconds(10));
  }
  EXPECT_TRUE(in_time);
  EXPECT_EQ(error.get(), Errc::read_timeout);
}

TEST_F(InputTest, NegativeTimeoutChangesNothing) {
  input->limit().set_timeout(milliseconds(1));
  input->limit().set_timeout(milliseconds(-1));
  EXPECT_EQ(input->next(1).error(), Errc::read_timeout);
}

TEST_F(InputTest, PeersCloseIsTheEndOfTheStream) {
  close(ClosedBy::peer);
  EXPECT_EQ(input->next(1).error(), Errc::eof);
}

TEST_F(InputTest, FailureIsTheEndOfTheStream) {
  close(ClosedBy::error);
  EXPECT_EQ(input->next(1).error(), Errc::eof);
}

TEST_F(InputTest, OurCloseIsAClosedConnection) {
  close(ClosedBy::user);
  EXPECT_EQ(input->next(1).error(), Errc::conn_closed);
}

TEST_F(InputTest, WhatCameBeforeTheCloseStaysReadable) {
  arrive("last words");
  close(ClosedBy::peer);
  EXPECT_EQ(input->next(11).error(), Errc::eof);
  EXPECT_EQ(input->until(std::byte{'\n'}).error(), Errc::eof);
  EXPECT_EQ(text_of(*input->next(10)), "last words");
}

TEST_F(InputTest, CloseWakesTheReader) {
  auto ours = read(1);
  close(ClosedBy::user);
  EXPECT_EQ(ours.get().error(), Errc::conn_closed);
}

TEST_F(InputTest, LeftOverWakeCostsNothing) {
  input->wake();
  auto answer = read(1);
  arrive("x");
  EXPECT_EQ(answer.get(), "x");
}

}  // namespace
}  // namespace netpoll
