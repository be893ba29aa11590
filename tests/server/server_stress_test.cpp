// SPDX-License-Identifier: Apache-2.0
//
// Many clients that come and go. The broken variant of a test is described
// above it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "server/support.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;
using test::send_all;
using test::Serving;

// Broken variant: Connection::has_request() is false once the peer has closed.
// Upstream: TestParallelShortConnection.
TEST(ServerStress, ShortConnectionsLoseNoByte) {
  constexpr std::size_t kClients = 100;
  constexpr std::size_t kRounds = 20;
  constexpr std::size_t kSize = 1024;
  std::atomic<std::size_t> taken{0};
  Serving serving({.on_request = [&](Connection& conn) {
    const std::size_t size = conn.reader().size();
    static_cast<void>(conn.reader().skip(size));
    conn.reader().release();
    taken += size;
  }});
  for (std::size_t round = 1; round <= kRounds; ++round) {
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        EXPECT_TRUE(send_all(serving.client().get(), std::string(kSize, 'x')));
      });
    }
    clients.clear();
    ASSERT_TRUE(eventually([&] { return taken == round * kClients * kSize; }));
  }
  EXPECT_TRUE(eventually([&] { return serving->active() == 0; }));
}

// Broken variants: register_and_start() starts a connection before it is in the
// registry (a dead entry stays, and shutdown() runs into its limit);
// Acceptor::stop() does not wait for on_accept (somebody is adopted behind
// shutdown's back).
TEST(ServerStress, ShutdownMeetsClientsThatComeAndGo) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> over{false};
    Serving serving({.on_request = [](Connection& conn) {
      static_cast<void>(conn.reader().skip(conn.reader().size()));
    }});
    std::vector<std::jthread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        while (!over) {
          const UniqueFd fd = serving.client();
          if (fd) send_all(fd.get(), "x");
        }
      });
    }
    ASSERT_TRUE(eventually([&] { return serving->active() > 0; }));
    EXPECT_FALSE(serving->shutdown(test::kPatience));
    EXPECT_EQ(serving->active(), 0u);
    over = true;
  }
}

}  // namespace
}  // namespace netpoll
