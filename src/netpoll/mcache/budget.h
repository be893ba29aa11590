// SPDX-License-Identifier: Apache-2.0
#pragma once

// A bound that several lists share: how many bytes they may keep together.
//
//    list of 8 KiB    reserve(32, 8192) --> 32     |#######............|
//    list of 8 MiB    reserve(4, 8388608) --> 1    used()      bytes_max
//
// Upstream: none; the garbage collector empties a sync.Pool that is too full.

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>

namespace netpoll::mcache {

class Budget {
 public:
  /// A budget of `bytes_max` bytes, none of them reserved yet. [init]
  explicit Budget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Reserves bytes for `blocks` blocks of `capacity` bytes each. When not all
  /// of them fit into the budget, reserves for as many as do. Returns for how
  /// many blocks it reserved. [any]
  std::size_t reserve(std::size_t blocks, std::size_t capacity) {
    assert(capacity > 0);
    // relaxed, at every access to used_: no thread reads other memory because
    // of this number. The blocks are guarded by the mutex of their central
    // list.
    std::size_t used = used_.load(std::memory_order_relaxed);
    std::size_t fit = 0;
    do {
      fit = std::min(blocks, (bytes_max_ - used) / capacity);
    } while (!used_.compare_exchange_weak(used, used + fit * capacity,
                                          std::memory_order_relaxed));
    return fit;
  }

  /// Gives back `bytes` reserved bytes, so that they can be reserved again.
  /// Requires: so many are reserved. [any]
  void cancel(std::size_t bytes) {
    // relaxed: no thread reads other memory because of this number.
    [[maybe_unused]] const std::size_t used =
        used_.fetch_sub(bytes, std::memory_order_relaxed);
    assert(used >= bytes);
  }

  /// How many bytes are reserved now. [any]
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_ = 0;  // never more than bytes_max_
};

}  // namespace netpoll::mcache
