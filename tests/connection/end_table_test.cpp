// SPDX-License-Identifier: Apache-2.0
//
// The table of endings in netpoll/connection/handlers.h, one test for each row:
// how often on_disconnect and a close callback are called. The row of EventLoop
// is in tests/server/graceful_test.cpp.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <optional>
#include <stdexcept>
#include <utility>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/log_lines.h"
#include "support/net.h"
#include "support/tcp.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::eventually;
using test::Served;
using test::swallow;

class EndTable : public testing::Test {
 protected:
  Connection& start(Handlers handlers,
                    test::Pair (*make_pair)() = test::socket_pair) {
    if (!handlers.on_disconnect) {
      handlers.on_disconnect = [this](Connection&) { ++disconnects; };
    }
    const RuntimeOptions options{.pollers = 1};
    served.emplace(std::move(handlers), options, make_pair);
    served->conn().add_close_callback([this](Connection&) { ++closes; });
    EXPECT_FALSE(served->start());
    return served->conn();
  }
  // The last two columns of the row. Before it counts, it ends the connection a
  // second time and joins all threads.
  void expect_disconnects(int times) {
    EXPECT_TRUE(served->wait_torn_down());
    served.reset();
    EXPECT_EQ(disconnects, times);
    EXPECT_EQ(closes, 1);
  }

  std::atomic<int> disconnects{0};
  std::atomic<int> closes{0};
  std::optional<Served> served;
};

// Broken variant: Lifecycle::peer_ended() never answers `tell`.
TEST_F(EndTable, ThePeersHalfCloseIsTold) {
  start({.on_request = swallow});
  served->half_close();
  expect_disconnects(1);
}

// Broken variant: Lifecycle::peer_ended() never answers `tell`.
TEST_F(EndTable, ThePeersCloseIsTold) {
  start({.on_request = swallow});
  served->close_far();
  expect_disconnects(1);
}

// Broken variant: Lifecycle::peer_ended() never answers `tell`.
TEST_F(EndTable, AResetIsTold) {
  start({.on_request = swallow}, test::tcp_pair);
  UniqueFd far = served->take_far();
  test::reset(far);
  expect_disconnects(1);
}

// The peer ends as well, while the handler still runs. Broken variant:
// Lifecycle::peer_ended() records the end also after close().
TEST_F(EndTable, CloseIsNotTold) {
  std::latch entered(1);
  std::latch leave(1);
  Connection& conn = start({.on_request = [&](Connection& it) {
    entered.count_down();
    leave.wait();
    swallow(it);
  }});
  served->send("x");
  entered.wait();
  conn.close();
  served->close_far();
  test::turn_over(served->runtime().pollers().next());
  leave.count_down();
  expect_disconnects(0);
}

// Broken variant: Connection::detach() records an end of the peer.
TEST_F(EndTable, DetachIsNotTold) {
  Connection& conn = start({.on_request = swallow});
  Result<UniqueFd> fd = conn.detach();
  EXPECT_TRUE(fd);
  if (fd) fd->reset();  // before the descriptors are counted
  expect_disconnects(0);
}

// Broken variant: Connection::close_idle() records an end of the peer.
TEST_F(EndTable, IdleTimeoutIsNotTold) {
  Connection& conn = start({.on_request = swallow});
  conn.set_idle_timeout(std::chrono::milliseconds(1));
  expect_disconnects(0);
}

// Broken variant: Connection::call() does not close after an exception.
TEST_F(EndTable, AnOnConnectThatThrowsIsNotTold) {
  const test::LogLines lines;
  start({.on_connect = [](Connection&) { throw std::runtime_error("no"); }});
  expect_disconnects(0);
}

// Broken variant: Connection::call() does not close after an exception.
TEST_F(EndTable, AnOnRequestThatThrowsIsNotTold) {
  const test::LogLines lines;
  start({.on_request = [](Connection&) { throw std::runtime_error("no"); }});
  served->send("x");
  expect_disconnects(0);
}

// Broken variant: Connection::refuse_full_input() does not close.
TEST_F(EndTable, AFullInputThatOnRequestLeavesIsNotTold) {
  const test::LogLines lines;
  Connection& conn = start({.on_request = [](Connection&) {}});
  conn.set_max_input(4);
  served->send("four");
  expect_disconnects(0);
}

// on_disconnect still runs when close() comes. Broken variant:
// Lifecycle::may_end() does not wait for on_disconnect.
TEST_F(EndTable, ThePeersEndBeforeACloseIsToldFirst) {
  std::latch entered(1);
  std::latch leave(1);
  Connection& conn =
      start({.on_request = swallow, .on_disconnect = [&](Connection&) {
               entered.count_down();
               leave.wait();
               EXPECT_EQ(closes, 0);
               ++disconnects;
             }});
  served->half_close();
  entered.wait();
  conn.close();
  leave.count_down();
  expect_disconnects(1);
}

// Broken variant: Lifecycle::greeted() never answers `tell`.
TEST_F(EndTable, ThePeersEndBeforeOnConnectReturnsIsToldAfterwards) {
  start({.on_connect = [&](Connection& conn) {
    EXPECT_TRUE(eventually([&] { return !conn.is_active(); }));
    EXPECT_EQ(disconnects, 0);
  }});
  served->half_close();
  expect_disconnects(1);
}

}  // namespace
}  // namespace netpoll
