// SPDX-License-Identifier: Apache-2.0
//
// How a loop ends: shutdown() between two requests, the destructor at once.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "netpoll/server/event_loop.h"
#include "server/support.h"
#include "support/echo.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::at_eof;
using test::echo;
using test::eventually;
using test::receive;
using test::send_all;
using test::Serving;

constexpr milliseconds kLong = test::kPatience;

// Larger than one segment, so that it could be cut off.
const std::string& answer() {
  static const std::string text(200'000, 'a');
  return text;
}

void send_answer(Connection& conn) {
  EXPECT_FALSE(conn.reader().skip(conn.reader().size()));
  conn.writer().write_string(answer());
  static_cast<void>(conn.writer().flush());
}

// How often a loop tells of the end of a connection.
struct Told {
  Handlers handlers() {
    return {.on_connect =
                [this](Connection& conn) {
                  conn.add_close_callback([this](Connection&) { ++closes; });
                },
            .on_request = echo,
            .on_disconnect = [this](Connection&) { ++disconnects; }};
  }
  std::atomic<int> disconnects{0};
  std::atomic<int> closes{0};
};

// A handler that is held between the two latches, and then echoes.
struct Held {
  Handlers handlers() {
    return {.on_request = [this](Connection& conn) {
      entered.count_down();
      leave.wait();
      echo(conn);
    }};
  }
  std::latch entered{1};
  std::latch leave{1};
};

// The row of the table in netpoll/connection/handlers.h. Broken variant:
// Connection::close_if_quiet() records an end of the peer.
TEST(Graceful, ShutdownIsNotToldToOnDisconnect) {
  Told told;
  Serving serving(told.handlers());
  const UniqueFd client = serving.client();
  send_all(client.get(), "x");
  EXPECT_EQ(receive(client.get(), 1), "x");
  EXPECT_FALSE(serving->shutdown(kLong));
  serving.destroy_loop();
  EXPECT_EQ(told.disconnects, 0);
  EXPECT_EQ(told.closes, 1);
}

// The row of the table in netpoll/connection/handlers.h. Broken variant:
// ~EventLoop does not close its connections, and never ends.
TEST(Graceful, TheDestructorIsNotToldToOnDisconnect) {
  Told told;
  Serving serving(told.handlers());
  const UniqueFd client = serving.client();
  send_all(client.get(), "x");
  EXPECT_EQ(receive(client.get(), 1), "x");
  serving.destroy_loop();
  EXPECT_EQ(told.disconnects, 0);
  EXPECT_EQ(told.closes, 1);
}

// Broken variant: Connection::stop() does nothing; then the client is never
// quiet, and shutdown() times out.
TEST(Graceful, ShutdownEndsAClientThatAsksAgainAtOnce) {
  std::latch warm(1);
  Serving serving({.on_request = send_answer});
  auto last = std::async(std::launch::async, [&] {
    const UniqueFd client = serving.client();  // closed at the end it sees
    std::string got;
    for (int round = 0;; ++round) {
      if (round == 10) warm.count_down();
      if (!send_all(client.get(), "x")) return std::string();
      got = receive(client.get(), answer().size());
      if (got != answer()) return got;
    }
  });
  warm.wait();
  EXPECT_FALSE(serving->shutdown(kLong));
  EXPECT_EQ(serving->active(), 0u);
  EXPECT_EQ(last.get(), "");  // no answer was cut off
}

// Broken variant: Connection::close_if_quiet() never closes while input is
// unread; then shutdown() times out.
TEST(Graceful, HalfAMessageEndsAfterTheGrace) {
  std::atomic<int> calls{0};
  Serving serving({.on_request = [&](Connection& conn) {
    ++calls;
    if (conn.reader().size() == 5) echo(conn);
  }});
  const UniqueFd client = serving.client();
  send_all(client.get(), "hal");
  EXPECT_TRUE(eventually([&] { return calls == 1; }));
  EXPECT_FALSE(serving->shutdown(kLong, milliseconds(1)));
  EXPECT_TRUE(at_eof(client.get()));
}

// Broken variant: close_if_quiet() takes an empty input for half a message; then
// shutdown() waits for the grace, and times out.
TEST(Graceful, WhoHasAskedNothingEndsBeforeTheGrace) {
  Serving serving({.on_request = send_answer});
  const UniqueFd client = serving.client();
  send_all(client.get(), "x");
  EXPECT_EQ(receive(client.get(), answer().size()), answer());
  EXPECT_FALSE(serving->shutdown(kLong, kLong));
  EXPECT_TRUE(at_eof(client.get()));
}

// Broken variant: shutdown() does not ask whose thread it is on, and waits for
// its own handler.
TEST(Graceful, ShutdownInsideAHandlerIsRefused) {
  std::error_code error;
  EventLoop* loop = nullptr;
  Serving serving({.on_request = [&](Connection& conn) {
    error = loop->shutdown(milliseconds(1));
    echo(conn);
  }});
  loop = serving.operator->();
  const UniqueFd client = serving.client();
  send_all(client.get(), "x");
  EXPECT_EQ(receive(client.get(), 1), "x");
  EXPECT_EQ(error, Errc::would_block);
  EXPECT_TRUE(serving.client());  // it accepts as before
}

// Broken variant: ~EventLoop does not ask whose thread it is on, and waits for
// its own handler.
TEST(GracefulDeathTest, DestructorInsideAHandlerEndsTheProcessWithAWord) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Serving* it = nullptr;
        Serving serving(
            {.on_request = [&](Connection&) { it->destroy_loop(); }});
        it = &serving;
        const UniqueFd client = serving.client();
        send_all(client.get(), "x");
        at_eof(client.get());
      },
      "~EventLoop inside a handler would wait for that handler for ever");
}

// Broken variant: only the first shutdown() waits for the connections.
TEST(Graceful, TwoShutdownsAtOnceWaitForTheSame) {
  Held held;
  Serving serving(held.handlers());
  const UniqueFd client = serving.client();
  send_all(client.get(), "request");
  held.entered.wait();
  std::vector<std::future<std::size_t>> left;
  for (int i = 0; i < 2; ++i) {
    left.push_back(std::async(std::launch::async, [&] {
      EXPECT_FALSE(serving->shutdown(kLong));
      return serving->active();
    }));
  }
  EXPECT_TRUE(eventually([&] { return !serving.client(); }));
  held.leave.count_down();
  for (auto& one : left)
    EXPECT_EQ(one.get(), 0u);
  EXPECT_EQ(receive(client.get(), 7), "request");
}

// A client that has sent more than was read, and is silent now. Broken variant:
// ~EventLoop does not set the linger to 0, and waits for an hour.
TEST(Graceful, TheDestructorCutsLingeringShort) {
  Trigger closed;
  const ConnectionOptions options{.max_input = 1, .linger = hours(1)};
  Serving serving(
      {.on_prepare =
           [&](Connection& conn) {
             conn.add_close_callback([&](Connection&) { closed.pull(); });
           },
       .on_request =
           [](Connection& conn) {
             EXPECT_TRUE(
                 eventually([&] { return os::bytes_waiting(conn.fd()) > 0; }));
             static_cast<void>(conn.reader().skip(1));
             conn.writer().write_string("answer");
             EXPECT_FALSE(conn.writer().flush());
             conn.close();
           }},
      options);
  const UniqueFd client = serving.client();
  send_all(client.get(), std::string(1000, 'q'));
  ASSERT_TRUE(closed.wait_until(test::soon()));
  EXPECT_EQ(serving->active(), 1u);  // it lingers
  serving.destroy_loop();
  EXPECT_EQ(receive(client.get(), 6), "answer");
}

}  // namespace
}  // namespace netpoll
