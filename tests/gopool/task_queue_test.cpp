// SPDX-License-Identifier: Apache-2.0
#include "netpoll/gopool/task_queue.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace netpoll {
namespace {

// A queue of tasks that write their numbers, 0, 1, 2, …, into `ran`.
struct Numbered {
  void push(std::size_t count) {
    for (; count > 0; --count)
      queue.push([this, number = pushed++] { ran.push_back(number); });
  }
  void run(std::size_t count) {
    for (; count > 0; --count)
      queue.pop()();
  }
  bool in_order() const {
    for (std::size_t i = 0; i < ran.size(); ++i) {
      if (ran[i] != i) return false;
    }
    return true;
  }

  TaskQueue queue;
  std::size_t pushed = 0;
  std::vector<std::size_t> ran;
};

TEST(TaskQueue, KeepsTheOrderWhereverTheRingBegins) {
  Numbered tasks;
  for (std::size_t round = 0; round < 100; ++round) {
    tasks.push(round % 16);
    tasks.run(round % 16 / 2);
  }
  tasks.run(tasks.queue.size());
  EXPECT_EQ(tasks.ran.size(), tasks.pushed);
  EXPECT_TRUE(tasks.in_order());
}

// Broken variant: grow() moves the places as they lie, from index 0 on.
TEST(TaskQueue, KeepsTheOrderWhenItGrowsRoundTheEnd) {
  Numbered tasks;
  tasks.push(16);
  tasks.run(10);
  tasks.push(5'000);
  EXPECT_EQ(tasks.queue.size(), 5'006u);
  tasks.run(5'006);
  EXPECT_TRUE(tasks.queue.empty());
  tasks.push(3);
  tasks.run(3);
  EXPECT_EQ(tasks.ran.size(), 5'019u);
  EXPECT_TRUE(tasks.in_order());
}

// Broken variant: pop() copies the place and leaves the task in it.
TEST(TaskQueue, PlaceHoldsNothingOnceItsTaskIsTaken) {
  TaskQueue queue;
  const auto held = std::make_shared<int>(0);
  queue.push([it = held] { static_cast<void>(it); });
  queue.push([] {});
  static_cast<void>(queue.pop());
  EXPECT_EQ(held.use_count(), 1);
}

TEST(TaskQueue, DestroysTheTasksThatNobodyTook) {
  const auto held = std::make_shared<int>(0);
  {
    TaskQueue queue;
    for (int i = 0; i < 40; ++i)
      queue.push([it = held] { static_cast<void>(it); });
    EXPECT_EQ(held.use_count(), 41);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace netpoll
