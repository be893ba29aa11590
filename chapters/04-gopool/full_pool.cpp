// SPDX-License-Identifier: Apache-2.0
//
// What does a pool do when all its workers are busy and it may start no more?
// 100 tasks come, the cap is 4, and each task stays until it is released.

#include <atomic>
#include <cstdio>
#include <latch>

#include "netpoll/gopool/gopool.h"

namespace {

constexpr int kCap = 4;
constexpr int kTasks = 100;

void print_row(const char* when, const netpoll::GoPool& pool, int ran) {
  const netpoll::GoPool::Stats now = pool.stats();
  std::printf("%-14s  %7zu  %6zu  %4d\n", when, now.workers, now.queued, ran);
}

}  // namespace

int main() {
  std::latch busy(kCap);
  std::latch released(1);
  std::atomic<int> begun{0};
  std::atomic<int> ran{0};
  netpoll::GoPool pool({.cap = kCap});
  int taken = 0;
  for (int i = 0; i < kTasks; ++i) {
    if (pool.go([&] {
          if (begun++ < kCap) busy.count_down();
          released.wait();
          ++ran;
        })) {
      ++taken;
    }
  }
  busy.wait();  // all four workers are inside a task
  std::printf("go() said yes %d times\n", taken);
  std::puts("                workers  queued   ran");
  print_row("all are busy", pool, ran);
  released.count_down();
  pool.stop(netpoll::Stop::drain);
  print_row("after stop()", pool, ran);
  return ran == kTasks ? 0 : 1;
}
