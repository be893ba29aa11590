// SPDX-License-Identifier: Apache-2.0
//
// How many threads do tasks cost? In each round 50 tasks are at work at once:
// each waits until all of them have begun, as handlers wait for slow peers.
//
//    thread_per_task         rounds, and the threads started so far, both ways
//    thread_per_task quick   one task at a time, 1000 times, through the pool
//
// In the first form the program lets all workers fall asleep between rounds. In
// the second it does not wait for that, so a task may come while its worker is
// not asleep yet: what it prints differs from run to run.

#include <atomic>
#include <cstdio>
#include <latch>
#include <string_view>
#include <thread>
#include <vector>

#include "netpoll/base/trigger.h"
#include "netpoll/gopool/gopool.h"

namespace {

using netpoll::GoPool;
using netpoll::Task;

constexpr int kAtOnce = 50;
constexpr int kRounds = 20;

std::atomic<int> g_started{0};  // threads that the pool has started

std::thread count_and_start(Task body) {
  ++g_started;
  return std::thread(std::move(body));
}

// One round of the naive way: each task gets a thread, which ends with it.
int round_of_threads() {
  std::latch all_began(kAtOnce);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kAtOnce; ++i)
    threads.emplace_back([&] { all_began.arrive_and_wait(); });
  return kAtOnce;
}

void wait_until_all_sleep(const GoPool& pool) {
  for (auto now = pool.stats(); now.idle < now.workers; now = pool.stats())
    std::this_thread::yield();
}

// The same round through the pool. False if the pool took no task.
bool round_of_tasks(GoPool& pool) {
  std::latch all_began(kAtOnce);
  std::latch all_ended(kAtOnce);
  const auto task = [&] {
    all_began.arrive_and_wait();
    all_ended.count_down();
  };
  for (int i = 0; i < kAtOnce; ++i) {
    if (!pool.go(task)) return false;
  }
  all_ended.wait();
  wait_until_all_sleep(pool);
  return true;
}

int compare() {
  GoPool pool({.min_idle = kAtOnce, .start_thread = count_and_start});
  int naive = 0;
  std::puts("rounds   thread per task   pool");
  for (int round = 1; round <= kRounds; ++round) {
    naive += round_of_threads();
    if (!round_of_tasks(pool)) return 1;
    if (round == 1 || round == 2 || round % 10 == 0) {
      std::printf("%6d   %15d   %4d\n", round, naive, g_started.load());
    }
  }
  return 0;
}

int one_at_a_time() {
  GoPool pool({.start_thread = count_and_start});
  for (int i = 0; i < kAtOnce * kRounds; ++i) {
    netpoll::Trigger done;
    if (!pool.go([&] { done.pull(); })) return 1;
    done.wait();
  }
  std::printf("%d tasks, threads started: %d\n", kAtOnce * kRounds,
              g_started.load());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc == 2 && std::string_view(argv[1]) == "quick";
  return quick ? one_at_a_time() : compare();
}
