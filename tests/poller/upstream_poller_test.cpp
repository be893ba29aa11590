// SPDX-License-Identifier: Apache-2.0
//
// Upstream: poll_test.go:117, poll_manager_test.go:57.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "netpoll/gopool/gopool.h"
#include "netpoll/poller/poller.h"
#include "netpoll/poller/poller_group.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll {
namespace {

// Broken variant: run() begins with stopping_ = false. The second stop() ends
// that variant's run(), so that the test fails and does not hang.
TEST(Poller, StoppedBeforeItRunsItEndsAtOnce) {
  const test::FdsBalance balance;
  GoPool pool;
  PoolRunner runner(pool);
  const auto poller = *Poller::open(runner);
  poller->stop();
  auto ran = std::async(std::launch::async, [&] { poller->run(); });
  EXPECT_EQ(ran.wait_for(test::kPatience), std::future_status::ready);
  poller->stop();
}

// Broken variant: next() adds one to turn_ by a load and a store.
TEST(PollerGroup, ManyThreadsShareAHundredPollersEvenly) {
  constexpr std::size_t kPollers = 100;
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kRounds = 3'000;
  const test::FdsBalance balance;
  GoPool pool;
  PoolRunner runner(pool);
  const auto group = *PollerGroup::start(runner, {.count = kPollers});
  std::mutex mutex;
  std::map<Poller*, std::size_t> picked;
  std::latch done(kThreads);
  std::latch over(1);  // until then the threads exist, for Jolts
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      std::vector<Poller*> mine(kRounds * kPollers);
      for (Poller*& poller : mine)
        poller = &group->next();
      {
        const std::scoped_lock lock(mutex);
        for (Poller* const poller : mine)
          ++picked[poller];
      }
      done.count_down();
      over.wait();
    });
  }
  {
    const test::Jolts jolts(threads.back().native_handle());
    done.wait();
  }
  over.count_down();
  threads.clear();
  EXPECT_EQ(picked.size(), kPollers);
  for (const auto& [poller, times] : picked)
    EXPECT_EQ(times, kThreads * kRounds);
}

}  // namespace
}  // namespace netpoll
