// SPDX-License-Identifier: Apache-2.0
//
// Handlers that are replaced while the connection lives.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/turn.h"

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
  auto user = Ref<Connection>::share(served.conn());
  served.send("last words");
  served.half_close();
  ASSERT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  served.conn().set_on_request(takes_into(taken, count));
  user = nullptr;
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(taken, "last words");
}

TEST(SetOnRequest, EmptyOneLeavesTheInputToAReader) {
  Served served({.on_request = echo});
  ASSERT_FALSE(served.start());
  served.conn().set_on_request({});
  served.send("hello");
  EXPECT_EQ(served.conn().reader().read_string(5), "hello");
}

// An upgrade: the handler reads the first line, and a thread of its own the
// rest, of which a part is there already.
// Broken variant: set_on_request({}) does not wake the reader.
TEST(SetOnRequest, HandlerHandsItsConnectionOverToAThread) {
  std::future<Result<std::string>> rest;
  Trigger handed_over;
  Served served({.on_request = [&](Connection& conn) {
    EXPECT_TRUE(conn.reader().until('\n'));
    conn.reader().release();
    rest =
        std::async(std::launch::async, [kept = Ref<Connection>::share(conn)] {
          return kept->reader().read_string(10);
        });
    conn.set_on_request({});
    handed_over.pull();
  }});
  ASSERT_FALSE(served.start());
  served.send("upgrade\nfirst");
  handed_over.wait();
  served.send("later");
  EXPECT_EQ(rest.get(), "firstlater");
}

// on_request stays set and declines: the reader beside it is woken.
// Broken variant: handle_request() does not call wake_if_enough().
TEST(SetOnRequest, ReaderBesideAHandlerThatDeclinesIsWoken) {
  std::atomic<int> calls{0};
  std::future<Result<std::string>> frames;
  Served served({.on_request = [&](Connection& conn) {
    if (calls++ > 0) return;
    EXPECT_TRUE(conn.reader().until('\n'));
    conn.reader().release();
    frames =
        std::async(std::launch::async, [kept = Ref<Connection>::share(conn)] {
          return kept->reader().read_string(10);
        });
  }});
  ASSERT_FALSE(served.start());
  served.send("upgrade\n");
  ASSERT_TRUE(eventually([&] { return calls == 1; }));
  served.send("frame");
  ASSERT_TRUE(eventually([&] { return calls > 1; }));
  served.send("frame");
  EXPECT_EQ(frames.get(), "frameframe");
}

TEST(SetOnRequest, AfterTheEndItIsNeverCalled) {
  std::atomic<int> calls{0};
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 5; }));
  ASSERT_TRUE(served.end());
  served.conn().set_on_request([&](Connection&) { ++calls; });
  test::turn_over(served.runtime().pollers().next());
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
