// SPDX-License-Identifier: Apache-2.0
//
// The three that keep a connection alive, each alone: the user or the registry,
// the poller, a task. In each test the other two let go, and the last one then
// frees it. Its end while all of them are busy: three_references_stress_test.
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <utility>

#include "connection/census.h"
#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::Census;
using test::eventually;
using test::Pair;

class ConnectionHolders : public testing::Test {
 protected:
  // One connection, and the test's Ref as the registry's.
  Ref<Connection> make(RunBy runner, Handlers handlers) {
    handlers_ = std::move(handlers);
    runtime = *Runtime::start({.pollers = 1, .runner = runner});
    pair = test::socket_pair();
    auto conn = make_ref<Connection>(*runtime, std::move(pair.near), Address(),
                                     handlers_);
    census.join(*conn);
    EXPECT_FALSE(conn->start());
    return conn;
  }
  // Whoever let go last would have freed it by now.
  bool stays() const { return census.live() == 1; }
  bool goes() const {
    return eventually([this] { return census.live() == 0; });
  }

  const test::FdsBalance balance;
  Census census;
  Handlers handlers_;
  std::unique_ptr<Runtime> runtime;
  Pair pair;
};

TEST_F(ConnectionHolders, TheUserAloneKeepsItAndFreesIt) {
  Ref<Connection> conn = make(RunBy::pool, {.on_request = test::swallow});
  pair.far.reset();
  ASSERT_TRUE(eventually([&] { return conn->holders() == 1; }));
  EXPECT_TRUE(stays());
  EXPECT_EQ(conn->reader().next(1).error(), Errc::eof);
  conn = nullptr;
  EXPECT_EQ(census.live(), 0);
  EXPECT_EQ(census.wrong(), 0);
}

// Inside the poller's turn, which a task of its own holds up.
TEST_F(ConnectionHolders, ThePollerAloneKeepsItToTheEndOfTheTurn) {
  Ref<Connection> conn = make(RunBy::inline_on_poller, {});
  std::latch entered(1);
  std::latch gate(1);
  runtime->pollers().next().go([&] {
    entered.count_down();
    gate.wait();
  });
  entered.wait();
  conn->close();  // detaches it, from outside
  EXPECT_EQ(conn->holders(), 2u);
  const Connection& it = *conn;
  conn = nullptr;
  EXPECT_TRUE(stays());
  EXPECT_EQ(it.holders(), 1u);
  gate.count_down();
  EXPECT_TRUE(goes());
  EXPECT_EQ(census.wrong(), 0);
}

TEST_F(ConnectionHolders, ATaskAloneKeepsItUntilItHasReturned) {
  std::latch entered(1);
  std::latch leave(1);
  Ref<Connection> conn = make(RunBy::pool, {.on_request = [&](Connection& it) {
                                entered.count_down();
                                leave.wait();
                                test::swallow(it);
                              }});
  test::send_all(pair.far.get(), "x");
  entered.wait();
  EXPECT_EQ(conn->holders(), 3u);  // the test, the poller, the task
  const Connection& it = *conn;
  conn = nullptr;
  pair.far.reset();  // the poller sees it go, and lets go
  ASSERT_TRUE(eventually([&] { return it.holders() == 1; }));
  EXPECT_TRUE(stays());
  leave.count_down();
  EXPECT_TRUE(goes());
  EXPECT_EQ(census.wrong(), 0);
}

}  // namespace
}  // namespace netpoll
