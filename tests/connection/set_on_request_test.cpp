// SPDX-License-Identifier: Apache-2.0
//
// Handlers that are replaced while the connection lives.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "connection/support.h"
#include "netpoll/connection/connection.h"

namespace netpoll {
namespace {

using test::echo;
using test::eventually;
using test::Served;
using test::swallow;

// Takes everything and adds it to `taken`.
Handler takes_into(std::string& taken, std::atomic<std::size_t>& count) {
  return [&](Connection& conn) {
    taken += *conn.reader().read_string(conn.reader().size());
    count = taken.size();
  };
}

TEST(SetOnRequest, OneSetInOnConnectIsCalled) {
  Served served(
      {.on_connect = [](Connection& conn) { conn.set_on_request(echo); }});
  ASSERT_FALSE(served.start());
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
}

TEST(SetOnRequest, OneSetInOnPrepareIsCalled) {
  Served served(
      {.on_prepare = [](Connection& conn) { conn.set_on_request(echo); }});
  ASSERT_FALSE(served.start());
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
}

TEST(SetOnRequest, OnConnectSetInOnPrepareIsCalledOnce) {
  std::atomic<int> greeted{0};
  Served served({.on_prepare = [&](Connection& conn) {
    conn.set_on_connect([&](Connection&) { ++greeted; });
  }});
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(eventually([&] { return greeted == 1; }));
}

TEST(SetOnRequest, HandlerMayReplaceItselfWhileItRuns) {
  Served served({.on_request = [](Connection& conn) {
    conn.set_on_request(echo);
    swallow(conn);
    conn.writer().write_string("next");
    EXPECT_FALSE(conn.writer().flush());
  }});
  ASSERT_FALSE(served.start());
  served.send("first");
  EXPECT_EQ(served.receive(4), "next");
  served.send("second");
  EXPECT_EQ(served.receive(6), "second");
}

TEST(SetOnRequest, InputThatLiesThereCallsItAtOnce) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 5; }));
  served.conn().set_on_request(echo);
  EXPECT_EQ(served.receive(5), "hello");
}

TEST(SetOnRequest, InputThatTheOldOneLeftCallsTheNew) {
  std::atomic<int> calls{0};
  Served served({.on_request = [&](Connection&) { ++calls; }});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(eventually([&] { return calls == 1; }));
  served.conn().set_on_request(echo);
  EXPECT_EQ(served.receive(5), "hello");
  EXPECT_EQ(calls, 1);
}

TEST(SetOnRequest, InputOfAPeerThatHasGoneIsHandledBeforeTheEnd) {
  std::string taken;
  std::atomic<std::size_t> count{0};
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("last words");
  served.close_far();
  ASSERT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  served.conn().set_on_request(takes_into(taken, count));
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(taken, "last words");
}

TEST(SetOnRequest, EmptyOneChangesNothing) {
  Served served({.on_request = echo});
  ASSERT_FALSE(served.start());
  served.conn().set_on_request({});
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
}

TEST(SetOnRequest, AfterTheEndItIsNeverCalled) {
  std::atomic<int> calls{0};
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 5; }));
  ASSERT_TRUE(served.end());
  served.conn().set_on_request([&](Connection&) { ++calls; });
  test::give_others_a_chance();
  EXPECT_EQ(calls, 0);
}

TEST(SetOnDisconnect, OneSetWhileItLivesIsTold) {
  std::atomic<char> told{'-'};
  Served served({.on_request = swallow,
                 .on_disconnect = [&](Connection&) { told = 'a'; }});
  ASSERT_FALSE(served.start());
  served.conn().set_on_disconnect([&](Connection&) { told = 'b'; });
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(told, 'b');
}

TEST(SetOnDisconnect, OneSetInOnConnectIsToldWhenThereWasNone) {
  std::atomic<bool> told{false};
  Served served({.on_connect = [&](Connection& conn) {
    conn.set_on_disconnect([&](Connection&) { told = true; });
  }});
  ASSERT_FALSE(served.start());
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace netpoll
