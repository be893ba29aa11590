// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tasks in the order in which they came: a ring that grows.
//
//    slots_    |   | c | d | e |   |   |   |   |      8 places, a power of two
//                    ^first_     ^first_ + size_
//
//    push: into the place behind the last one, counted round the ring
//    pop:  out of the place `first_`
//
// Places are used again and again, so in steady state neither allocates. A
// std::deque or a std::list would allocate and free as tasks pass through it.
// The ring doubles when it is full. When it becomes empty after a burst, it
// gives its places back.
//
// No code of the user runs in push() and pop(): see Task. One thread at a time.

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

#include "netpoll/gopool/task.h"

namespace netpoll {

class TaskQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  /// Puts `task` behind all others. Requires: `task` is not empty.
  void push(Task&& task) {
    assert(task);
    if (size_ == slots_.size()) grow();
    slots_[place(size_++)] = std::move(task);
  }

  /// Takes the task that has waited longest. Requires: there is one.
  [[nodiscard]] Task pop() {
    assert(size_ > 0);
    Task task = std::move(slots_[first_]);
    first_ = place(1);
    if (--size_ == 0 && slots_.size() > kKeptMax) *this = {};
    return task;
  }

 private:
  static constexpr std::size_t kAtFirst = 16;
  // How many places an empty ring keeps at most: 64 KiB.
  static constexpr std::size_t kKeptMax = 1024;

  // The index of the place that lies `n` places behind first_.
  std::size_t place(std::size_t n) const {
    return (first_ + n) & (slots_.size() - 1);
  }
  void grow() {
    std::vector<Task> larger(slots_.empty() ? kAtFirst : slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i)
      larger[i] = std::move(slots_[place(i)]);
    slots_.swap(larger);
    first_ = 0;
  }

  std::vector<Task> slots_;  // as many as a power of two says, or none
  std::size_t first_ = 0;    // the index of the task that came first
  std::size_t size_ = 0;
};

}  // namespace netpoll
