// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which poller gets the next connection: one that has the fewest.
//
//    loads_   3  1  2  1        choose() --> poller 1, or poller 3
//                ^     ^        give_back(0)
//
// Sync brings the atomics, as in netpoll/base/sync.h: with load, store,
// exchange, fetch_add, fetch_sub and compare_exchange_….

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

template <class Sync, std::size_t kPollers>
class LeastLoaded {
 public:
  /// The poller of a new connection: no other has fewer. Counts it. [any]
  std::size_t choose() {
    return 0;  // yours
  }

  /// A connection that choose() has given to `poller` has ended. [any]
  void give_back(std::size_t poller) {
    static_cast<void>(poller);  // yours
  }

  /// How many connections `poller` has. [any]
  std::size_t load(std::size_t poller) const {
    return loads_[poller].load(std::memory_order_relaxed);
  }

 private:
  std::array<typename Sync::template Atomic<std::uint32_t>, kPollers> loads_{};
};
