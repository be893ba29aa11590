// SPDX-License-Identifier: Apache-2.0
//
// Is a task ever left in the queue while no worker is on its way to it?
//
//    submitter              worker
//                           next() sees that the queue is empty
//    go() pushes a task;
//    idle_ is empty, and
//    workers_ is at the cap:
//    there is no worker
//    to call
//                           enters itself in idle_ and sleeps, too late: the
//                           task is stranded
//
// The code that ships does the worker's two steps under one lock. The comment
// above each test describes a broken variant that the test has failed. A pool
// has one submitter with one task at a time, because one more go() would call a
// worker for the stranded task.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <span>
#include <thread>
#include <vector>

#include "gopool/support.h"
#include "netpoll/gopool/gopool.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::go_times;

// Takes a few nanoseconds for each of `turns`.
void spin(int turns) {
  for (volatile int turn = 0; turn < turns;)
    turn = turn + 1;
}

// Submits each task up to `latest` turns of spin() after the one before it has
// run, so at the time when the worker looks at the queue, begins to sleep or
// ends its thread. Returns how many tasks ran.
int ping(GoPool& pool, int rounds, int latest) {
  std::atomic<int> ran{0};
  for (int round = 1; round <= rounds; ++round) {
    spin(round * 7 % (latest + 1));
    const bool taken =
        pool.go([&ran] { ran.fetch_add(1, std::memory_order_release); });
    const auto has_run = [&] {
      return ran.load(std::memory_order_acquire) == round;
    };
    if (!taken || !eventually(has_run)) {
      pool.stop(Stop::drain);  // before `ran` is destroyed
      return round - 1;
    }
  }
  return rounds;
}

// Broken variant: GoPool::next unlocks when the queue is empty, and locks again
// to enter the worker in idle_.
TEST(GoPoolStress, NoTaskIsStrandedByAWorkerThatFallsAsleep) {
  constexpr int kRounds = 200'000;
  GoPool pool({.cap = 1});
  EXPECT_EQ(ping(pool, kRounds, 300), kRounds);
}

// Broken variant: GoPool::end_if_idle takes the worker off idle_, unlocks to
// join the thread that ended before, and only then takes the worker off
// workers_. The delay of up to 20,000 turns is needed for the submitter to come
// in between.
TEST(GoPoolStress, NoTaskIsStrandedByAWorkerThatEnds) {
  constexpr int kRounds = 40'000;
  GoPool pool({.cap = 1, .keep_alive = 0ns, .min_idle = 0});
  EXPECT_EQ(ping(pool, kRounds, 20'000), kRounds);
}

// Counts the tasks that are inside visit(), and the largest number so far.
struct Crowd {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> total{0};

  void visit() {
    const int now = ++inside;
    int seen = most;
    while (seen < now && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();  // so that other tasks are inside, too
    --inside;
    ++total;
  }
};

void from_threads(int count, auto body) {
  std::latch start(count);
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      body();
    });
  }
}

// Workers start and end all the time, while many threads submit single tasks
// and batches.
TEST(GoPoolStress, ManySubmittersLoseNothingAndNeverPassTheCap) {
  constexpr int kSubmitters = 8;
  constexpr int kRounds = 500;
  Crowd crowd;
  GoPool pool({.cap = 4, .keep_alive = 10us, .min_idle = 1});
  from_threads(kSubmitters, [&] {
    for (int round = 0; round < kRounds; ++round) {
      Task batch[] = {[&] { crowd.visit(); }, [&] { crowd.visit(); },
                      [&] { crowd.visit(); }};
      EXPECT_TRUE(pool.go(std::span(batch)));
      EXPECT_TRUE(pool.go([&] { crowd.visit(); }));
      EXPECT_LE(pool.worker_count(), 4u);
    }
  });
  pool.stop(Stop::drain);
  EXPECT_EQ(crowd.total, kSubmitters * kRounds * 4);
  EXPECT_LE(crowd.most, 4);
}

// Each task that go() took runs or is counted as discarded, at whatever time
// the pool is stopped. Returns how many are missing.
int stop_while_submitting(Stop how) {
  std::atomic<std::size_t> taken{0};
  std::atomic<std::size_t> ran{0};
  GoPool pool({.cap = 3, .keep_alive = 0ns, .min_idle = 0});
  std::atomic<std::size_t> discarded{0};
  std::atomic<int> role{0};
  from_threads(4, [&] {
    if (role++ == 0) {
      while (ran < 20)
        std::this_thread::yield();
      discarded = pool.stop(how);
    } else {
      taken += go_times(pool, 200, [&] { ++ran; });
    }
  });
  return static_cast<int>(taken) - static_cast<int>(ran + discarded);
}

TEST(GoPoolStress, StopAmongSubmittersAccountsForEveryTaskTaken) {
  int missing = 0;
  for (int round = 0; round < 200; ++round) {
    missing += std::abs(stop_while_submitting(Stop::drain));
    missing += std::abs(stop_while_submitting(Stop::discard));
  }
  EXPECT_EQ(missing, 0);
}

}  // namespace
}  // namespace netpoll
