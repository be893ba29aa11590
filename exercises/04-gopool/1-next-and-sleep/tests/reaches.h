// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of this exercise ask of a pool.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

#include "gopool/bounded.h"
#include "support/pause.h"

namespace netpoll::test {

/// Waits until `count` has the value `wanted`, or nobody will ever raise it.
inline void expect_reaches(const Count& count, int wanted,
                           const TestPool& pool) {
  const auto stranded = [&] { return is_stranded(pool->stats()); };
  const bool settled =
      wait_for([&] { return count.get() == wanted || stranded(); });
  if (count.get() == wanted) return;
  ADD_FAILURE() << (settled ? "a task is in the queue, and every worker sleeps "
                              "or is gone: it lies there for ever"
                            : "a task does not run, and nobody sleeps: does "
                              "a worker wait for a lock, or for a pull?");
}

/// Waits for half a second only: whoever has not written sleep() yet should not
/// wait long for before_sleep.
inline bool soon_reaches(const Count& count, int wanted) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(500);
  for (Pause pause; count.get() < wanted && Clock::now() < end;)
    pause();
  return count.get() >= wanted;
}

/// Looks at the pool until no worker is left, or for some time. Returns false
/// if somebody holds the lock, and does not let it go.
inline bool can_be_locked(const TestPool& pool) {
  return comes_back([shared = pool.share()] {
    using Clock = std::chrono::steady_clock;
    const auto limit = std::chrono::milliseconds(patient ? 1000 : 20);
    const auto end = Clock::now() + limit;
    for (Pause pause; shared->worker_count() > 0 && Clock::now() < end;)
      pause();
  });
}

/// Lets `count` workers start, and waits until all of them sleep.
inline bool warm_up(const TestPool& pool, int count) {
  const Door door;
  const Count inside;
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(pool->go([=] {
      inside.raise();
      door.pass();
    }));
    if (!wait_for([&] { return inside.get() > i; })) break;
  }
  door.open();
  const bool warm = wait_for(
      [&] { return pool->idle_count() == static_cast<std::size_t>(count); });
  EXPECT_TRUE(warm) << count << " tasks blocked one after the other, and "
                    << pool->idle_count() << " workers sleep afterwards";
  return warm;
}

/// Whether `count` is raised within `limit`. A right worker never raises it.
inline bool comes_within(std::chrono::milliseconds limit, const Count& count) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (Pause pause; count.get() == 0 && std::chrono::steady_clock::now() < end;)
    pause();
  return count.get() > 0;
}

}  // namespace netpoll::test
