// SPDX-License-Identifier: Apache-2.0
//
// An input with a limit: the peer waits, and no byte is lost.
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

TEST(MaxInput, BoundsWhatIsUnreadAndThenAllArrivesInOrder) {
  constexpr std::size_t kLimit = 64 * 1024;
  const std::string text = numbers(8 << 20);
  Served served({});
  served.conn().set_max_input(kLimit);
  ASSERT_FALSE(served.start());
  auto sent = std::async(std::launch::async, [&] { return served.send(text); });
  Input& reader = served.conn().reader();
  // Nobody reads: both the input and the kernel's buffer fill up.
  ASSERT_TRUE(
      eventually([&] { return reader.is_full() && !has_room(served.far()); }));
  test::turn_over(served.runtime().pollers().next());
  EXPECT_EQ(reader.size(), kLimit);
  EXPECT_FALSE(has_room(served.far()));

  std::string got;
  std::size_t most = 0;
  while (got.size() < text.size()) {
    most = std::max(most, reader.size());
    const std::size_t part = std::min<std::size_t>(reader.size(), 10'000);
    const auto piece = reader.read_string(std::max<std::size_t>(part, 1));
    ASSERT_TRUE(piece) << piece.error().message();
    got += *piece;
    reader.release();
  }
  EXPECT_TRUE(sent.get());
  EXPECT_EQ(got, text);
  EXPECT_LE(most, kLimit);
}

TEST(MaxInput, HandlerThatSleepsStopsTheSender) {
  constexpr std::size_t kLimit = 16 * 1024;
  const std::string text = numbers(1 << 20);
  std::string got;
  std::atomic<std::size_t> count{0};
  Trigger inside;
  Trigger let_go;
  Served served({.on_request = [&](Connection& conn) {
    if (got.empty()) {
      inside.pull();
      let_go.wait();
    }
    EXPECT_LE(conn.reader().size(), kLimit);
    got += *conn.reader().read_string(conn.reader().size());
    count = got.size();
  }});
  served.conn().set_max_input(kLimit);
  ASSERT_FALSE(served.start());
  auto sent = std::async(std::launch::async, [&] { return served.send(text); });
  inside.wait();
  EXPECT_TRUE(eventually([&] {
    return served.conn().reader().is_full() && !has_room(served.far());
  }));
  EXPECT_EQ(served.conn().reader().size(), kLimit);
  let_go.pull();
  EXPECT_TRUE(eventually([&] { return count == text.size(); }));
  EXPECT_TRUE(sent.get());
  EXPECT_EQ(got, text);
}

TEST(MaxInput, NextBeyondTheLimitGetsItsBytes) {
  const std::string text = numbers(1000);
  Served served({});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(text);
  ASSERT_TRUE(eventually([&] { return served.conn().reader().is_full(); }));
  EXPECT_EQ(served.conn().reader().read_string(1000), text);
}

// Broken variant: the input is refused before the new handler, or the reader in
// its place, has had its turn.
TEST(MaxInput, HandlerMayLeaveAFullInputToWhomItHandsOver) {
  const std::string text = numbers(1000);
  for (const bool to_handler : {false, true}) {
    std::string got;
    std::atomic<std::size_t> count{0};
    const Handler takes = [&](Connection& conn) {
      got += *conn.reader().read_string(conn.reader().size());
      count = got.size();
    };
    Trigger handed;
    Served served({.on_request = [&](Connection& conn) {
      if (!conn.reader().is_full()) return;
      conn.set_on_request(to_handler ? takes : Handler());
      handed.pull();
    }});
    served.conn().set_max_input(100);
    ASSERT_FALSE(served.start());
    served.send(text);
    handed.wait();
    if (to_handler) {
      EXPECT_TRUE(eventually([&] { return count == text.size(); }));
      EXPECT_EQ(got, text);
    } else {
      EXPECT_EQ(served.conn().reader().read_string(text.size()), text);
    }
  }
}

TEST(MaxInput, HigherLimitLetsMoreIn) {
  Served served({});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(numbers(1000));
  ASSERT_TRUE(eventually([&] { return served.conn().reader().is_full(); }));
  served.conn().set_max_input(300);
  EXPECT_TRUE(eventually([&] { return served.conn().reader().size() == 300; }));
  served.conn().set_max_input(0);
  EXPECT_TRUE(
      eventually([&] { return served.conn().reader().size() == 1000; }));
}

TEST(MaxInput, PeerThatClosesWhileItIsPausedLosesNoByte) {
  const std::string text = numbers(20'000);
  Served served({});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(text);
  ASSERT_TRUE(eventually([&] { return served.conn().reader().is_full(); }));
  served.close_far();
  EXPECT_EQ(served.conn().reader().read_string(text.size()), text);
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::eof);
}

// The poller has the hang-up in its hands, and no input, as that is paused,
// when the reader makes room and so ends the pause.
TEST(MaxInput, HangUpThatMeetsTheEndOfThePauseLosesNoByte) {
  const std::string text = numbers(20'000);
  Trigger inside;
  Trigger go_on;
  Served served({});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(text);
  ASSERT_TRUE(eventually([&] { return served.conn().reader().is_full(); }));

  // Holds the poller up, twice: the second time with the hang-up behind it.
  Poller& poller = served.runtime().pollers().next();
  const test::Pair pair = test::socket_pair();
  const Ref<Op> holder = make_ref<Op>(pair.near.get());
  holder->readable = [&](Op& op) {
    char byte = 0;
    static_cast<void>(::recv(op.fd(), &byte, 1, 0));
    inside.pull();
    go_on.wait();
  };
  ASSERT_FALSE(poller.add(*holder));
  test::send_all(pair.far.get(), "1");
  inside.wait();
  test::send_all(pair.far.get(), "2");
  served.close_far();
  go_on.pull();
  inside.wait();
  std::string got = *served.conn().reader().read_string(100);
  served.conn().reader().release();
  go_on.pull();
  poller.detach(*holder);

  const auto rest = served.conn().reader().read_string(text.size() - 100);
  ASSERT_TRUE(rest) << rest.error().message();
  EXPECT_EQ(got + *rest, text);
}

TEST(MaxInput, HandlerThatTakesNothingOfAFullInputIsClosedWithALine) {
  const test::LogLines lines;
  Served served({.on_request = [](Connection&) {}});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(numbers(1000));
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(std::ranges::count_if(lines.all(),
                                  [](const std::string& line) {
                                    return line.find("max_input") !=
                                           std::string::npos;
                                  }),
            1);
}

// It leaves more than half of the limit unread, and waits for the next byte.
TEST(MaxInput, HandlerThatTakesALittleAndWaitsForMoreIsCalledAgain) {
  std::atomic<int> calls{0};
  Served served({.on_request = [&](Connection& conn) {
    if (++calls == 1) {
      while (!conn.reader().is_paused())
        std::this_thread::yield();
      EXPECT_FALSE(conn.reader().skip(10));
      conn.reader().release();
    } else if (conn.reader().size() == 100) {
      swallow(conn);
    }
  }});
  served.conn().set_max_input(100);
  served.send(numbers(110));
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(eventually([&] {
    return served.conn().reader().committed() == 110 &&
           served.conn().reader().size() == 0;
  }));
}

TEST(MaxInput, OnConnectThatEmptiesItWithoutReleaseDoesNotStopTheInput) {
  std::string got;
  std::atomic<std::size_t> count{0};
  Served served({.on_connect =
                     [&](Connection& conn) {
                       while (!conn.reader().is_full())
                         std::this_thread::yield();
                       got += *conn.reader().read_string(100);
                     },
                 .on_request =
                     [&](Connection& conn) {
                       got += *conn.reader().read_string(conn.reader().size());
                       count = got.size();
                     }});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  const std::string text = numbers(1000);
  served.send(text);
  EXPECT_TRUE(eventually([&] { return count == 1000; }));
  EXPECT_EQ(got, text);
}

// The view counts until release(). Broken variant: greet() only resumes; then
// the poller never reads again, and nothing ends the connection.
TEST(MaxInput, OnConnectThatKeepsAFullInputIsTheEnd) {
  const test::LogLines log;
  Served served({.on_connect =
                     [](Connection& conn) {
                       while (!conn.reader().is_full())
                         std::this_thread::yield();
                       EXPECT_TRUE(conn.reader().next(100));
                     },
                 .on_request = swallow});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(numbers(1000));
  EXPECT_TRUE(served.wait_torn_down());
  ASSERT_EQ(log.all().size(), 1u);
  EXPECT_TRUE(log.all()[0].contains("release()")) << log.all()[0];
}

// Less than half of the limit is free, and nothing is unread. Broken variant:
// greet() resumes only when half is free.
TEST(MaxInput, OnConnectThatKeepsAPartDoesNotStopTheInput) {
  Served served({.on_connect =
                     [](Connection& conn) {
                       while (!conn.reader().is_full())
                         std::this_thread::yield();
                       EXPECT_FALSE(conn.reader().skip(40));
                       EXPECT_TRUE(conn.reader().next(60));
                     },
                 .on_request = swallow});
  served.conn().set_max_input(100);
  ASSERT_FALSE(served.start());
  served.send(numbers(1000));
  EXPECT_TRUE(
      eventually([&] { return served.conn().reader().committed() == 1000; }));
}

}  // namespace
}  // namespace netpoll
