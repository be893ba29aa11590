// SPDX-License-Identifier: Apache-2.0
//
// 1000 empty tasks for a pool of one worker, which sleeps before each go():
//
//    wakes 1      1000 calls of go(), one task each
//    wakes 100    10 calls of go(), 100 tasks each
//
// It prints nothing of interest. strace counts the system calls from outside:
// count_wakes.sh.

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "netpoll/gopool/gopool.h"

namespace {

constexpr std::size_t kTasks = 1000;

// Waits without a futex, so that strace sees those of the pool.
void wait_until_it_sleeps(const netpoll::GoPool& pool) {
  while (pool.idle_count() == 0)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view given = argc == 2 ? argv[1] : "";
  std::size_t batch = 0;
  std::from_chars(given.data(), given.data() + given.size(), batch);
  if (batch == 0 || kTasks % batch != 0) {
    std::fprintf(stderr, "wakes: say wakes 1, or wakes 100\n");
    return 2;
  }
  std::atomic<std::size_t> ran{0};
  netpoll::GoPool pool({.cap = 1});
  if (!pool.go([] {})) return 1;  // starts the worker
  for (std::size_t done = 0; done < kTasks; done += batch) {
    wait_until_it_sleeps(pool);
    std::vector<netpoll::Task> tasks;
    for (std::size_t i = 0; i < batch; ++i)
      tasks.emplace_back([&] { ++ran; });
    if (!pool.go(std::span(tasks))) return 1;
  }
  pool.stop(netpoll::Stop::drain);
  std::printf("%zu tasks ran\n", ran.load());
}
