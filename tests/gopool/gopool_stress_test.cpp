// SPDX-License-Identifier: Apache-2.0
//
// Does a task ever lie in the queue with nobody on the way to it?
//
//    submitter              worker
//                           next(): the queue is empty
//    push; idle_ is empty,
//    workers_ at the cap:
//    nobody to call
//                           onto idle_, asleep        <- too late: stranded
//
// The right code does the worker's two steps under one lock. The broken variant
// of a test is described above it. One submitter a pool, one task at a time:
// one more go() would rescue the stranded task.
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

// A few nanoseconds for each of `turns`.
void spin(int turns) {
  for (volatile int turn = 0; turn < turns;)
    turn = turn + 1;
}

// Submits the next task up to `latest` turns after the last one has run, when
// its worker looks at the queue, falls asleep or goes home. Returns how many
// ran.
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
      pool.stop(Stop::drain);  // before `ran` goes
      return round - 1;
    }
  }
  return rounds;
}

// Broken variant: GoPool::next lets go of the lock when the queue is empty and
// takes it again to get onto idle_.
TEST(GoPoolStress, NoTaskIsStrandedByAWorkerThatFallsAsleep) {
  constexpr int kRounds = 200'000;
  GoPool pool({.cap = 1});
  EXPECT_EQ(ping(pool, kRounds, 30), kRounds);
}

// Broken variant: GoPool::leave_if_idle takes the worker off idle_, lets go of
// the lock to join who left before, and only then off workers_. Without a delay
// of up to 20,000 turns the submitter never came in between.
TEST(GoPoolStress, NoTaskIsStrandedByAWorkerThatGoesHome) {
  constexpr int kRounds = 40'000;
  GoPool pool({.cap = 1, .keep_alive = 0ns, .min_idle = 0});
  EXPECT_EQ(ping(pool, kRounds, 20'000), kRounds);
}

// Counts those inside, and the most there ever were.
struct Crowd {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> total{0};

  void visit() {
    const int now = ++inside;
    int seen = most;
    while (seen < now && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();  // stay long enough to be met
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

// Workers come and go all the time; single tasks and batches from many.
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

// What go() took runs or is counted as discarded, whoever stops when.
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
