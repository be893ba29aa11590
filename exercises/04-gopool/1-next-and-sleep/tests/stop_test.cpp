// SPDX-License-Identifier: Apache-2.0
// GoPool::next of a pool that is stopped.
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "gopool/bounded.h"
#include "netpoll/gopool/gopool.h"
#include "reaches.h"

namespace netpoll {
namespace {

using test::Count;
using test::Door;
using test::OpenAtEnd;
using test::TestPool;
using test::wait_for;
using test::warm_up;

// Threads that wait behind their last instruction until `gate` is opened: who
// joins one of them waits as well.
auto threads_with_a_gate(const Door& gate) {
  return [=](Task body) {
    return std::thread([gate, body = std::move(body)]() mutable {
      body();
      gate.pass();
    });
  };
}

TEST(Next, AWorkerOfAStoppedPoolJoinsWithoutTheLock) {
  const Door gate;
  const TestPool pool({.cap = 2, .start_thread = threads_with_a_gate(gate)});
  const OpenAtEnd end{gate};
  ASSERT_TRUE(warm_up(pool, 2));
  // Detached: a stop() may never come back. The test's end waits for a second
  // one, with a limit.
  std::thread([shared = pool.share()] { shared->stop(Stop::drain); }).detach();
  EXPECT_TRUE(test::can_be_locked(pool))
      << "a worker waits for the thread that ended before it, and meanwhile "
         "nobody else can lock the pool";
}

TEST(Next, ADrainRunsWhatWaits) {
  const Door door;
  const Count ran;
  {
    TestPool pool({.cap = 1});
    EXPECT_TRUE(pool->go([=] { door.pass(); }));
    for (int i = 0; i < 10; ++i)
      EXPECT_TRUE(pool->go([=] { ran.raise(); }));
    std::thread opener([door, shared = pool.share()] {
      wait_for([&] { return shared->is_stopped(); });
      door.open();
    });
    pool.stop(Stop::drain);
    opener.join();
  }
  EXPECT_EQ(ran.get(), 10)
      << "10 tasks were taken before stop(Stop::drain); so many have run";
}

TEST(Next, AStopEndsEveryWorkerThatSleeps) {
  TestPool pool({.cap = 3});
  ASSERT_TRUE(warm_up(pool, 3));
  pool.stop(Stop::drain);
  EXPECT_EQ(pool->worker_count(), 0U);
}
}  // namespace
}  // namespace netpoll
