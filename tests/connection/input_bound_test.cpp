// SPDX-License-Identifier: Apache-2.0
//
// What a reader may ask of an input with a limit, and what a handler must give
// back; and Input::read().
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "poller/support.h"
#include "support/log_lines.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::eventually;
using test::has_room;
using test::numbers;
using test::Served;
using test::swallow;

// Broken variant: until() waits for one byte more than is there, and the input
// lets in just that: a read, a wake and a search for each byte of the line.
TEST(MaxInput, LineBeyondTheLimitIsAnErrorAtOnce) {
  Served served({});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(numbers(1000) + "\n");
  EXPECT_EQ(served.conn().reader().until('\n').error(), Errc::too_long);
  EXPECT_EQ(served.conn().reader().size(), 100u);
}

TEST(MaxInput, LineWithABoundOfItsOwnGetsItsBytesInFewReads) {
  constexpr std::size_t kLine = 300'000;
  const std::string text = numbers(kLine) + "\n";
  Served served({});
  served.conn().set_max_input(4096);
  ASSERT_FALSE(served.start());
  auto sent = std::async(std::launch::async, [&] { return served.send(text); });
  const auto line = served.conn().reader().until('\n', kLine + 1);
  ASSERT_TRUE(line) << line.error().message();
  EXPECT_EQ(as_text(*line), text);
  EXPECT_TRUE(sent.get());
}

// The poller has the hang-up of a paused input in its hands when the connection
// gets a handler, which takes the first byte. Broken variant: on_hangup() reads
// the last byte, and does not bring it before it tells the end.
TEST(MaxInput, LastByteOfAPausedInputIsHandledBeforeTheEndIsTold) {
  std::string order;  // the handlers run on the poller
  Served served({.on_disconnect = [&](Connection&) { order += '.'; }},
                test::kInline);
  served.conn().set_max_input(1);
  ASSERT_FALSE(served.start());
  served.send("ab");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().is_paused(); }));

  Trigger inside;
  Trigger go_on;
  int rings = 0;
  const test::Bell bell(served.runtime().pollers().next(), [&] {
    if (++rings == 1) {
      inside.pull();
      go_on.wait();
      return;
    }
    served.conn().set_on_request([&](Connection& conn) {
      order += static_cast<char>(conn.reader().read_byte().value());
    });
  });
  bell.ring();
  inside.wait();
  bell.ring();
  served.close_far();  // one turn finds the second ring and this
  go_on.pull();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(order, "ab.");
}

TEST(MaxInput, BoundOfALineCountsItsDelimiter) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("12345\n");
  EXPECT_EQ(served.conn().reader().until('\n', 5).error(), Errc::too_long);
  EXPECT_EQ(as_text(*served.conn().reader().until('\n', 6)), "12345\n");
}

// The bound of a line is what the handler asks for; views take nothing of it.
TEST(MaxInput, ViewsThatAreOutTakeNoRoomFromWhatIsWaitedFor) {
  Served served({});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  const std::string text = numbers(300);
  served.send(text);
  std::string got;
  for (int i = 0; i < 3; ++i)
    got += as_text(*served.conn().reader().next(100));
  EXPECT_EQ(got, text);
}

// Broken variant: only unread bytes count, so a handler that never calls
// release() keeps all that ever came.
TEST(MaxInput, HandlerThatKeepsAFullInputIsClosedWithALine) {
  const test::LogLines lines;
  Served served({.on_request = [](Connection& conn) {
    EXPECT_TRUE(conn.reader().next(conn.reader().size()));
  }});
  served.conn().set_max_input(1000);
  ASSERT_FALSE(served.start());
  auto sent = std::async(std::launch::async,
                         [&] { return served.send(numbers(100'000)); });
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_LE(served.conn().reader().committed(), 1000u);
  EXPECT_TRUE(std::ranges::any_of(lines.all(), [](const std::string& line) {
    return line.find("release()") != std::string::npos;
  }));
  served.close_far();
  sent.get();
}

// Copies need no release(): the calls that make them give the memory back.
TEST(MaxInput, HandlerThatOnlyCopiesNeedsNoRelease) {
  const std::string text = numbers(200'000);
  std::string got;
  std::atomic<std::size_t> count{0};
  Served served({.on_request = [&](Connection& conn) {
    got += *conn.reader().read_string(conn.reader().size());
    count = got.size();
  }});
  served.conn().set_max_input(1000);
  ASSERT_FALSE(served.start());
  auto sent = std::async(std::launch::async, [&] { return served.send(text); });
  EXPECT_TRUE(eventually([&] { return count == text.size(); }));
  EXPECT_TRUE(sent.get());
  EXPECT_EQ(got, text);
}

// Broken variant: ConnectionOptions::max_input is 0.
TEST(MaxInput, IsOnByDefault) {
  constexpr std::size_t kAll = 8 << 20;
  Trigger let_go;
  Trigger inside;
  bool first = true;
  Served served({.on_request = [&](Connection& conn) {
    if (std::exchange(first, false)) {
      inside.pull();
      let_go.wait();
    }
    static_cast<void>(conn.reader().skip(conn.reader().size()));
  }});
  ASSERT_FALSE(served.start());
  auto sent = std::async(std::launch::async,
                         [&] { return served.send(numbers(kAll)); });
  inside.wait();
  EXPECT_TRUE(eventually([&] {
    return served.conn().reader().is_full() && !has_room(served.far());
  }));
  EXPECT_EQ(served.conn().reader().size(), ConnectionOptions{}.max_input);
  let_go.pull();
  EXPECT_TRUE(
      eventually([&] { return served.conn().reader().committed() == kAll; }));
  EXPECT_TRUE(sent.get());
}

TEST(InputRead, TakesWhatIsThereAndNoMore) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 5; }));
  std::array<std::byte, 8> into{};
  EXPECT_EQ(served.conn().reader().read(std::span(into).first(2)), 2u);
  EXPECT_EQ(served.conn().reader().read(std::span(into).subspan(2)), 3u);
  EXPECT_EQ(test::text_of(std::span(into).first(5)), "hello");
}

TEST(InputRead, WaitsForTheFirstByteAndFailsAtTheEnd) {
  Served served({});
  ASSERT_FALSE(served.start());
  std::array<std::byte, 8> into{};
  auto read = std::async(std::launch::async,
                         [&] { return served.conn().reader().read(into); });
  served.send("x");
  EXPECT_EQ(read.get(), 1u);
  served.half_close();
  EXPECT_EQ(served.conn().reader().read(into).error(), Errc::eof);
}

TEST(InputRead, NothingIntoNothingDoesNotWait) {
  Served served({});
  ASSERT_FALSE(served.start());
  EXPECT_EQ(served.conn().reader().read({}), 0u);
}

TEST(InputRead, LeavesAViewAlone) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("helloworld");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 10; }));
  const auto view = served.conn().reader().next(5);
  std::array<std::byte, 8> into{};
  EXPECT_EQ(served.conn().reader().read(into), 5u);
  EXPECT_EQ(test::text_of(*view), "hello");
}

}  // namespace
}  // namespace netpoll
