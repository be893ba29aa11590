// SPDX-License-Identifier: Apache-2.0
//
// Two threads at the same corner of a connection, many times. The broken
// variant of a test is described above it.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connection/stress_support.h"
#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "poller/support.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::at_once;
using test::eventually;
using test::Rounds;
using test::Served;
using test::spin;
using test::swallow;
using test::wait_for;

// Broken variant: Connection::tear_down() closes the descriptor before
// stop_flushing() has waited.
TEST(ConnectionStress, CloseMeetsAFlush) {
  const std::string much(1 << 20, 'x');
  Rounds rounds({});
  for (int i = 0; i < 500; ++i) {
    std::error_code error;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd&) {
      conn.writer().write_string(much);
      at_once(
          i * 17 % 5000, [&] { conn.close(); },
          [&] { error = conn.writer().flush(); });
    }));
    EXPECT_EQ(error, Errc::conn_closed);
  }
}

// Broken variant: Connection::close() tears down whether or not a handler
// holds the key. The handler's connection goes away under it.
TEST(ConnectionStress, CloseMeetsAHandler) {
  std::atomic<int> inside{0};
  std::atomic<int> torn_down_inside{0};
  Rounds rounds({.on_request = [&](Connection& conn) {
    ++inside;
    swallow(conn);
    spin(500);
    --inside;
  }});
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd& far) {
      conn.add_close_callback([&](Connection&) { torn_down_inside += inside; });
      test::send_all(far.get(), "x");
      spin(i * 17 % 20'000);
      conn.close();
    }));
  }
  EXPECT_EQ(torn_down_inside, 0);
}

// Broken variant: KeyChain::let_go() looks for the end only before it gives
// the key back. An end in between finds the key taken; nobody tears down. The
// two handlers meet, and return within nanoseconds.
TEST(ConnectionStress, TheEndMeetsAHandlerThatLetsGo) {
  std::atomic<bool> entered{false};
  std::atomic<bool> gone{false};
  std::atomic<int> linger{0};
  Rounds rounds({.on_request =
                     [&](Connection& conn) {
                       swallow(conn);
                       entered = true;
                       wait_for([&] { return gone.load(); });
                       spin(linger);
                     },
                 .on_disconnect =
                     [&](Connection&) {
                       gone = true;
                       spin(200);
                     }});
  for (int i = 0; i < 5'000; ++i) {
    entered = gone = false;
    linger = i % 400;
    ASSERT_TRUE(rounds.round([&](Connection&, UniqueFd& far) {
      test::send_all(far.get(), "x");
      ASSERT_TRUE(eventually([&] { return entered.load(); }));
      far.reset();
    }));
  }
}

// Broken variant: the tear-down does not need the key; two closers then do it
// both.
TEST(ConnectionStress, TwoCloseAtOnce) {
  Rounds rounds({});
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd&) {
      at_once(i * 17 % 2000, [&] { conn.close(); }, [&] { conn.close(); });
    }));
  }
}

// Broken variants: Connection::hang_up() tells on_disconnect whether or not
// on_connect has returned; run_on_connect() looks for the end before it says
// that it has returned, and not again. The second has not been seen failing.
TEST(ConnectionStress, E2Row11OnDisconnectComesOnceAndNeverInOnConnect) {
  std::atomic<int> connecting{0};
  std::atomic<int> overlaps{0};
  std::atomic<int> told{0};
  Rounds rounds({.on_connect =
                     [&](Connection&) {
                       ++connecting;
                       spin(500);
                       --connecting;
                     },
                 .on_disconnect =
                     [&](Connection&) {
                       overlaps += connecting;
                       ++told;
                     }});
  for (int i = 1; i <= 5'000; ++i) {
    ASSERT_TRUE(rounds.round([&](Connection&, UniqueFd& far) {
      spin(i * 17 % 20'000);
      far.reset();
    }));
    ASSERT_EQ(told, i);
  }
  EXPECT_EQ(overlaps, 0);
}

}  // namespace
}  // namespace netpoll
