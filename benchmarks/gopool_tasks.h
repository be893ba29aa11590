// SPDX-License-Identifier: Apache-2.0
#pragma once

// The case `tasks` of the GoPool and its peers: one thread submits 4096 tasks,
// one by one, then waits until all have run. A task only counts itself.
//
//    struct Peer {
//      explicit Peer(int workers);
//      template <class F> void submit(F task);   a worker runs the task
//    };                                          ~Peer() ends the workers
//
// An item is a task, submitted and run. The time is the clock's on the wall:
// other threads do half of the work.

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace netpoll::parts {

inline constexpr std::size_t kTasks = 4096;

using Ran = std::atomic<std::size_t>;

// False when tasks are still missing after 10 s: they are lost.
inline bool wait_until(const Ran& ran, std::size_t submitted) {
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  // relaxed: only the number counts, a task has written nothing else.
  while (ran.load(std::memory_order_relaxed) < submitted) {
    if (std::chrono::steady_clock::now() > late) return false;
    std::this_thread::yield();
  }
  return true;
}

template <class Peer>
void tasks(benchmark::State& state) {
  alignas(64) Ran ran{0};
  std::size_t submitted = 0;
  bool in_time = true;
  {
    Peer peer(static_cast<int>(state.range(0)));
    for (auto _ : state) {
      for (std::size_t task = 0; task < kTasks; ++task)
        peer.submit([&ran] { ran.fetch_add(1, std::memory_order_relaxed); });
      submitted += kTasks;
      in_time = wait_until(ran, submitted);
      if (!in_time) break;
    }
  }
  // The peer's workers have ended: no task runs any more.
  if (!in_time || ran.load(std::memory_order_relaxed) != submitted)
    state.SkipWithError("the tasks that ran are not those submitted");
  state.SetItemsProcessed(static_cast<std::int64_t>(submitted));
}

}  // namespace netpoll::parts
