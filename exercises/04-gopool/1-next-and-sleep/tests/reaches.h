// SPDX-License-Identifier: Apache-2.0
#pragma once

// What both files of tests of this exercise ask of a pool.

#include <gtest/gtest.h>

#include "gopool/bounded.h"

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

}  // namespace netpoll::test
