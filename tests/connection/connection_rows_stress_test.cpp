// SPDX-License-Identifier: Apache-2.0
//
// Races of the original that a connection must not have, by their rows in
// tests/upstream_bugs.tsv. The broken variant of a test is described above it.
#include <gtest/gtest.h>

#include <atomic>
#include <system_error>

#include "connection/stress_support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::at_once;
using test::Rounds;

// Broken variant: Connection::add_close_callback() takes no lock.
TEST(ConnectionStress, E2Row16NoCloseCallbackOfTwoAddersIsLost) {
  Rounds rounds({});
  for (int i = 0; i < 2'000; ++i) {
    std::atomic<int> ran{0};
    const auto add_eight = [&](Connection& conn) {
      for (int n = 0; n < 8; ++n)
        conn.add_close_callback([&](Connection&) { ++ran; });
    };
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd&) {
      at_once(
          i * 17 % 2000, [&] { add_eight(conn); },
          [&] {
            add_eight(conn);
            conn.close();
          });
    }));
    ASSERT_EQ(ran, 16);
  }
}

// Broken variant: Connection::tear_down() empties the buffers.
TEST(ConnectionStress, E2Row17NextMeetsACloseOfAnotherThread) {
  Rounds rounds({});
  for (int i = 0; i < 2'000; ++i) {
    std::error_code error;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd& far) {
      test::send_all(far.get(), "abcabcab");
      at_once(
          i * 17 % 5000, [&] { conn.close(); },
          [&] {
            Input& reader = conn.reader();
            auto view = reader.next(3);
            for (; view; view = reader.next(3)) {
              EXPECT_EQ(test::text_of(*view), "abc");
            }
            error = view.error();
            EXPECT_TRUE(reader.read_string(reader.size()));
            reader.release();
          });
    }));
    ASSERT_EQ(error, Errc::conn_closed);
  }
}

}  // namespace
}  // namespace netpoll
