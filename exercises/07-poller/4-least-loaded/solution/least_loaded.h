// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which poller gets the next connection: one that has the fewest.
//
//    loads_   3  1  2  1        choose() --> poller 1, or poller 3
//                ^     ^        give_back(0)
//
// Sync brings the atomics, as in netpoll/base/sync.h. All of them are relaxed:
// nobody relies on a count to see data of other threads.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

template <class Sync, std::size_t kPollers>
class LeastLoaded {
 public:
  /// The poller of a new connection: no other has fewer. Counts it. [any]
  std::size_t choose() {
    // Each call begins to look at another place, so equals get their turns.
    const std::size_t start = turn_.fetch_add(1, std::memory_order_relaxed);
    for (;;) {
      const Seen least = look(start);
      std::uint32_t count = least.count;
      // Only if nobody has counted since: else another may have the fewest.
      if (loads_[least.poller].compare_exchange_strong(
              count, count + 1, std::memory_order_relaxed,
              std::memory_order_relaxed)) {
        return least.poller;
      }
    }
  }

  /// A connection that choose() has given to `poller` has ended. [any]
  void give_back(std::size_t poller) {
    loads_[poller].fetch_sub(1, std::memory_order_relaxed);
  }

  /// How many connections `poller` has. [any]
  std::size_t load(std::size_t poller) const {
    return loads_[poller].load(std::memory_order_relaxed);
  }

 private:
  struct Seen {
    std::size_t poller;
    std::uint32_t count;
  };

  // The first with the fewest, counted from place `start` on.
  Seen look(std::size_t start) const {
    Seen least{.poller = 0, .count = UINT32_MAX};
    for (std::size_t i = 0; i < kPollers; ++i) {
      const std::size_t poller = (start + i) % kPollers;
      const std::uint32_t count =
          loads_[poller].load(std::memory_order_relaxed);
      if (count < least.count) least = {.poller = poller, .count = count};
    }
    return least;
  }

  std::array<typename Sync::template Atomic<std::uint32_t>, kPollers> loads_{};
  typename Sync::template Atomic<std::size_t> turn_{0};
};
