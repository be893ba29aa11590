// SPDX-License-Identifier: Apache-2.0
#pragma once

// A number that one thread changes and every thread may read.
//
//    its thread      count -= 2;      load, subtract, store: no lock prefix
//    other threads   n = count;       a value that it had a moment ago
//
// It reads like an integer and costs what an integer costs. Upstream: none; the
// Go runtime counts for itself.

#include <atomic>
#include <cassert>
#include <cstddef>

namespace netpoll::mcache {

class OwnerCount {
 public:
  OwnerCount() = default;
  OwnerCount(const OwnerCount&) = delete;

  /// The number. Other threads than its owner may read a value that is a moment
  /// old. [any]
  operator std::size_t() const {  // NOLINT(google-explicit-constructor)
    // relaxed: the owner thread reads its own last store. Other threads only
    // add such numbers up, and read no other memory because of them.
    return value_.load(std::memory_order_relaxed);
  }
  /// Sets the number to `value`. [the thread that owns the number]
  OwnerCount& operator=(std::size_t value) {
    // relaxed: no thread reads other memory because of this number. A plain
    // store is enough, also for -=, since only the owner thread writes.
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  /// Subtracts `n`. Requires: `n` is not more than the number.
  /// [the thread that owns the number]
  OwnerCount& operator-=(std::size_t n) {
    assert(n <= *this);
    return *this = *this - n;
  }

 private:
  std::atomic<std::size_t> value_ = 0;
};

}  // namespace netpoll::mcache
