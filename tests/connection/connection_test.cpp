// SPDX-License-Identifier: Apache-2.0
//
// A connection while it lives: which handler runs when, and what it can do.
#include "netpoll/connection/connection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "connection/support.h"
#include "netpoll/os/socket.h"
#include "support/log_lines.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::echo;
using test::eventually;
using test::Served;
using test::swallow;

TEST(Connection, AnswersARequest) {
  Served served({.on_request = echo});
  ASSERT_FALSE(served.start());
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
}

// The request's own blocks are sent.
TEST(Connection, ASliceOfARequestGoesOutBehindWhatIsWritten) {
  Served served({.on_request = [](Connection& conn) {
    auto request = conn.reader().slice(conn.reader().size());
    ASSERT_TRUE(request);
    conn.writer().write_string("you said ");
    conn.writer().append(*std::move(request));
    EXPECT_FALSE(conn.writer().flush());
  }});
  ASSERT_FALSE(served.start());
  served.send("hello");
  EXPECT_EQ(served.receive(14), "you said hello");
}

TEST(Connection, CallsItsHandlersInOrder) {
  std::string order;
  Trigger requested;
  Served served({.on_prepare = [&](Connection&) { order += 'p'; },
                 .on_connect = [&](Connection&) { order += 'c'; },
                 .on_request =
                     [&](Connection& conn) {
                       order += 'r';
                       swallow(conn);
                       requested.pull();
                     },
                 .on_disconnect = [&](Connection&) { order += 'd'; }});
  served.send("input before anybody looks");
  ASSERT_FALSE(served.start());
  requested.wait();
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(order, "pcrd");
}

TEST(Connection, ServerMaySpeakFirst) {
  Served served({.on_connect = [](Connection& conn) {
    conn.writer().write_string("welcome");
    EXPECT_FALSE(conn.writer().flush());
  }});
  ASSERT_FALSE(served.start());
  EXPECT_EQ(served.receive(7), "welcome");
}

TEST(Connection, OnConnectMayReadAndAnswer) {
  Served served({.on_connect = [](Connection& conn) {
    const auto name = conn.reader().read_string(3);
    conn.writer().write_string("hello " + *name);
    EXPECT_FALSE(conn.writer().flush());
  }});
  ASSERT_FALSE(served.start());
  served.send("you");
  EXPECT_EQ(served.receive(9), "hello you");
}

TEST(Connection, RunsOneHandlerAtATime) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<std::size_t> taken{0};
  Served served({.on_request = [&](Connection& conn) {
    most = std::max(most.load(), ++inside);
    const std::size_t size = conn.reader().size();
    EXPECT_FALSE(conn.reader().skip(size));  // more may have come since
    --inside;
    taken += size;
  }});
  ASSERT_FALSE(served.start());
  for (int i = 0; i < 2000; ++i)
    served.send("x");
  EXPECT_TRUE(eventually([&] { return taken == 2000; }));
  EXPECT_EQ(most, 1);
}

TEST(Connection, HandlerIsCalledAgainForWhatItLeft) {
  std::string seen;
  Served served({.on_request = [&](Connection& conn) {
    seen += conn.reader().read_string(1).value_or("?") + ' ';
  }});
  ASSERT_FALSE(served.start());
  served.send("abc");
  EXPECT_TRUE(eventually([&] {
    return os::bytes_waiting(served.far()) == 0 &&
           served.conn().reader().size() == 0;
  }));
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(seen, "a b c ");
}

TEST(Connection, HandlerThatTakesNothingWaitsForNewInput) {
  std::atomic<int> calls{0};
  Served served({.on_request = [&](Connection& conn) {
    ++calls;
    if (conn.reader().size() >= 2) swallow(conn);
  }});
  ASSERT_FALSE(served.start());
  served.send("a");
  EXPECT_TRUE(eventually([&] { return calls == 1; }));
  // Its task has returned: the registry and the poller are left.
  EXPECT_TRUE(eventually([&] { return served.conn().holders() == 2; }));
  EXPECT_EQ(calls, 1);
  served.send("b");
  EXPECT_TRUE(eventually([&] { return calls == 2; }));
}

TEST(Connection, HandlerMayWaitForTheRestOfItsRequest) {
  Served served({.on_request = [](Connection& conn) {
    conn.writer().write_string(*conn.reader().read_string(6));
    EXPECT_FALSE(conn.writer().flush());
  }});
  ASSERT_FALSE(served.start());
  served.send("abc");
  EXPECT_TRUE(eventually([&] { return served.conn().reader().size() == 3; }));
  served.send("def");
  EXPECT_EQ(served.receive(6), "abcdef");
}

TEST(Connection, PeerThatFinishedSendingStillGetsItsAnswer) {
  std::latch finished(1);
  Served served({.on_request = [&](Connection& conn) {
    finished.wait();
    echo(conn);
  }});
  ASSERT_FALSE(served.start());
  served.send("last");
  served.half_close();
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  finished.count_down();
  EXPECT_EQ(served.receive(4), "last");
  EXPECT_TRUE(test::at_eof(served.far()));
}

TEST(Connection, LargeAnswerToAPeerThatFinishedSendingArrivesWhole) {
  const std::string much(4 << 20, 'x');
  Served served({.on_request = [&](Connection& conn) {
    EXPECT_EQ(conn.reader().next(100).error(), Errc::eof);  // until the end
    conn.writer().write_string(much);
    EXPECT_FALSE(conn.writer().flush());
    swallow(conn);
  }});
  ASSERT_FALSE(served.start());
  served.send("last");
  served.half_close();
  EXPECT_EQ(served.receive(much.size()), much);
  EXPECT_TRUE(test::at_eof(served.far()));
}

TEST(Connection, DataSentJustBeforeThePeerClosedIsHandled) {
  std::atomic<std::size_t> taken{0};
  Served served({.on_request = [&](Connection& conn) {
    const std::size_t size = conn.reader().size();
    EXPECT_FALSE(conn.reader().skip(size));  // more may have come since
    taken += size;
  }});
  served.send("goodbye");
  served.close_far();
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(taken, 7u);
}

// The peer is gone before a worker is free, so on_connect comes late.
TEST(Connection, OnConnectRunsBeforeOnRequestEvenWhenThePeerHasGone) {
  std::string order;
  std::latch busy(1);
  Served served({.on_connect = [&](Connection&) { order += 'c'; },
                 .on_request =
                     [&](Connection& conn) {
                       order += 'r';
                       swallow(conn);
                     }},
                1);
  ASSERT_TRUE(served.runtime().workers().go([&] { busy.wait(); }));
  ASSERT_FALSE(served.start());
  served.send("request");
  served.close_far();
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  busy.count_down();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(order, "cr");
}

TEST(Connection, WhatAHandlerThrowsIsLoggedAndCloses) {
  const test::LogLines lines;
  Served served({.on_request = [](Connection&) {
    throw std::runtime_error("no such key");
  }});
  ASSERT_FALSE(served.start());
  served.send("x");
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(lines.all(), std::vector<std::string>{"on_request: no such key"});
}

TEST(Connection, WhatIsNoExceptionIsLoggedToo) {
  const test::LogLines lines;
  Served served({.on_connect = [](Connection&) { throw 7; }});
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(lines.all(),
            std::vector<std::string>{
                "on_connect: threw something that is no std::exception"});
}

TEST(Connection, TimeoutsReachItsHalves) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_read_timeout(milliseconds(1));
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::read_timeout);
  served.conn().set_write_timeout(milliseconds(1));
  served.conn().writer().write_string(std::string(4 << 20, 'x'));
  EXPECT_EQ(served.conn().writer().flush(), Errc::write_timeout);
  EXPECT_TRUE(served.conn().is_active());
}

TEST(Connection, KnowsBothItsAddresses) {
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 1});
  const UniqueFd listener =
      *os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  const Address server = *Address::local_of(listener.get());
  const UniqueFd client = *os::connect_to(server, test::kPatience);
  os::Accepted accepted = **os::accept4(listener.get());
  const Handlers none;
  const auto conn = make_ref<Connection>(*runtime, std::move(accepted.fd),
                                         accepted.peer, none);
  EXPECT_EQ(conn->local_addr().to_string(), server.to_string());
  EXPECT_EQ(conn->remote_addr().to_string(),
            Address::local_of(client.get())->to_string());
  conn->close();
}

TEST(Connection, ACloseCallbackThatThrowsStopsNothing) {
  test::LogLines log;
  bool first_added_ran = false;
  Served served({.on_request = swallow});
  served.conn().add_close_callback(
      [&](Connection&) { first_added_ran = true; });
  served.conn().add_close_callback(
      [](Connection&) { throw std::runtime_error("no"); });
  ASSERT_FALSE(served.start());
  served.conn().close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(first_added_ran);
  EXPECT_EQ(log.all(), std::vector<std::string>{"close callback: no"});
}

}  // namespace
}  // namespace netpoll
