// SPDX-License-Identifier: Apache-2.0
// A handler is replaced while its connection is busy. Who is called then, with
// which bytes, and how often?
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "connection/support.h"
#include "netpoll/connection/connection.h"

namespace netpoll {
namespace {

using test::eventually;
using test::Served;

constexpr int kTooOften = 20;  // an endless loop ends here

class LateHandler : public testing::Test {
 protected:
  // Takes nothing, and gives up when it is called too often.
  static Handler declining(std::atomic<int>& calls) {
    return [&calls](Connection& conn) {
      if (++calls == kTooOften) conn.close();
    };
  }
  // Takes what is there.
  Handler taking() {
    return [this](Connection& conn) {
      ++new_calls;
      taken += *conn.reader().read_string(conn.reader().size());
    };
  }
  // Some handler has been called, and the task that called it has ended: only
  // the test and the poller hold the connection, or the test alone.
  bool is_done(const Served& served) const {
    return eventually([&] { return old_calls + new_calls > 0; }) &&
           eventually([&] { return served.conn().holders() <= 2; });
  }

  std::atomic<int> old_calls{0};
  std::atomic<int> new_calls{0};
  std::string taken;  // by the new handler
};

TEST_F(LateHandler, OneSetInOnConnectGetsTheInputThatIsThere) {
  Served served({.on_connect =
                     [this](Connection& conn) {
                       static_cast<void>(conn.reader().peek(5));
                       conn.set_on_request(taking());
                     },
                 .on_request = declining(old_calls)});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(is_done(served));
  EXPECT_EQ(old_calls, 0)
      << "it was replaced in on_connect, before any request";
  EXPECT_EQ(taken, "hello") << "the new on_request has got something else";
}

TEST_F(LateHandler, OneSetInOnRequestGetsWhatTheOldOneHasLeft) {
  Served served({.on_request = [this](Connection& conn) {
    if (++old_calls > 1) return conn.close();
    static_cast<void>(conn.reader().skip(1));
    conn.set_on_request(taking());
  }});
  ASSERT_FALSE(served.start());
  served.send("?rest");
  ASSERT_TRUE(is_done(served));
  EXPECT_EQ(old_calls, 1) << "it was called again after it had put another one "
                             "in its place";
  EXPECT_EQ(taken, "rest") << "the new on_request has got something else";
}

TEST_F(LateHandler, ANewOneIsCalledForInputThatTheOldOneDeclined) {
  Served served({.on_request = declining(old_calls)});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(is_done(served));
  served.conn().set_on_request(taking());
  ASSERT_TRUE(is_done(served));
  EXPECT_EQ(old_calls, 1) << "it was called again after it was replaced";
  EXPECT_EQ(new_calls, 1)
      << "five bytes lay there when the new handler was set; it must not wait "
         "for a sixth";
}

TEST_F(LateHandler, ANewOneThatTakesNothingIsNotCalledAgainAndAgain) {
  Served served({.on_connect =
                     [this](Connection& conn) {
                       static_cast<void>(conn.reader().peek(1));
                       conn.set_on_request(declining(new_calls));
                     },
                 .on_request = declining(old_calls)});
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(is_done(served));
  EXPECT_EQ(old_calls + new_calls, 1)
      << "a handler took nothing, and no byte has come since: to call one "
         "without end would keep a processor busy";
}

TEST_F(LateHandler, AnOldOneThatTakesNothingIsNotCalledAgainAndAgain) {
  Served served({.on_request = declining(old_calls)});
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(is_done(served));
  EXPECT_EQ(old_calls, 1);
}

TEST_F(LateHandler, TheLastOfTwoThatAreSetIsCalled) {
  Served served({.on_connect =
                     [this](Connection& conn) {
                       static_cast<void>(conn.reader().peek(1));
                       conn.set_on_request(declining(old_calls));
                       conn.set_on_request(taking());
                     },
                 .on_request = declining(old_calls)});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(is_done(served));
  EXPECT_EQ(old_calls, 0) << "neither of the first two is on_request any more";
}

}  // namespace
}  // namespace netpoll
