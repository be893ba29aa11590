// SPDX-License-Identifier: Apache-2.0
//
// No worker can be started. The poller does what ends a connection; a handler,
// which may block, waits for a worker.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>
#include <thread>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/log_lines.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using test::Served;

// A runtime whose pollers soon do without workers. It has no thread to give
// while `short_of_threads`.
class NoWorker : public testing::Test {
 protected:
  RuntimeOptions options() {
    RuntimeOptions options{.pollers = 1};
    options.workers.start_thread = [this](Task body) {
      ++attempts;
      if (short_of_threads) {
        throw std::system_error(EAGAIN, std::generic_category());
      }
      return std::thread(std::move(body));
    };
    options.pauses = {.refused_min = milliseconds(1),
                      .refused_max = milliseconds(1)};
    return options;
  }

  const test::LogLines log;  // "start a worker" is no news here
  std::atomic<bool> short_of_threads{true};
  std::atomic<int> attempts{0};
};

TEST_F(NoWorker, ACloseIsCarriedOutByThePoller) {
  Served served({.on_request = test::swallow}, options());
  ASSERT_FALSE(served.start());
  served.send("x");
  EXPECT_TRUE(eventually([&] { return attempts > 3; }));
  served.conn().close();
  EXPECT_TRUE(served.wait_torn_down());
}

// Broken variant: the poller runs the handlers of a connection that its peer
// has ended.
TEST_F(NoWorker, ARequestBeforeThePeersEndWaitsForAWorker) {
  std::atomic<int> on_poller{0};
  std::atomic<int> handled{0};
  Served served({.on_request =
                     [&](Connection& conn) {
                       if (Poller::on_any_poller_thread()) ++on_poller;
                       test::swallow(conn);
                       ++handled;
                     }},
                options());
  ASSERT_FALSE(served.start());
  served.send("x");
  served.half_close();
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  const int before = attempts;
  EXPECT_TRUE(eventually([&] { return attempts > before + 3; }));
  EXPECT_EQ(handled, 0);
  short_of_threads = false;
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(on_poller, 0);
}

}  // namespace
}  // namespace netpoll
