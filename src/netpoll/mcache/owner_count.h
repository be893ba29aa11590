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

  /// The value. [any]
  operator std::size_t() const {  // NOLINT(google-explicit-constructor)
    // relaxed: its thread reads its own store; other threads only add up such
    // values, and touch nothing because of them.
    return value_.load(std::memory_order_relaxed);
  }
  /// Changes the value. [its thread]
  OwnerCount& operator=(std::size_t value) {
    // relaxed: see the load. One thread writes, so load + store is enough.
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  /// Takes n off the value. Requires: n is not more than it. [its thread]
  OwnerCount& operator-=(std::size_t n) {
    assert(n <= *this);
    return *this = *this - n;
  }

 private:
  std::atomic<std::size_t> value_ = 0;
};

}  // namespace netpoll::mcache
