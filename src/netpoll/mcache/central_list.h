// SPDX-License-Identifier: Apache-2.0
#pragma once

// The free blocks of one class that no thread keeps, in two generations.
//
//    give_batch() --> +---------+        +---------+
//                     | primary | trim() | victim  | trim()
//    take_batch() <-- | o o o o | -----> | o o o   | -----> system
//                     +---------+        +---------+
//                        first            then      then a new one <-- system
//
// A block that no thread takes is a victim after one tick and gone after two. A
// block that was taken and is given back is primary again. Blocks beyond
// central_limit(), or beyond the budget of all lists, go to the system at once.
//
// Owns its blocks. The system is called outside the mutex, so the longest work
// under the mutex is to move one batch (and, rarely, to let a vector grow).
//
// Upstream: sync.Pool's shared queues and its victim cache.

#include <cstddef>
#include <span>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/thread_annotations.h"
#include "netpoll/mcache/budget.h"
#include "netpoll/mcache/mcache.h"

namespace netpoll::mcache {

// 64, a cache line: threads that work on neighbouring classes do not disturb
// each other.
class alignas(64) CentralList {
 public:
  /// The empty list of class `index`. `budget` bounds the bytes that this list
  /// and others keep; it must outlive the list. [init]
  CentralList(unsigned index, Budget& budget)
      : index_(index), budget_(budget) {}
  CentralList(const CentralList&) = delete;
  CentralList& operator=(const CentralList&) = delete;
  /// Gives every block back to the system.
  ~CentralList();

  /// Moves free blocks into `room`, as many as there are and fit, and returns
  /// their number. Never 0: an empty list gets one new block from the system.
  /// Requires: room is not empty. [any]
  [[nodiscard]] std::size_t take_batch(std::span<std::byte*> room);

  /// Takes over `blocks`; those beyond the bounds go to the system. [any]
  void give_batch(std::span<std::byte* const> blocks);

  /// One tick: victims go to the system, primaries become victims. [any]
  void trim();

  /// The figures of this list; in_use_bytes counts the blocks that threads keep
  /// as well. [any]
  Stats stats() const;

 private:
  using Blocks = std::vector<std::byte*>;

  std::size_t take_cached(std::span<std::byte*> room);
  std::size_t keep_within_bounds(std::span<std::byte* const> blocks);
  void free_to_system(std::span<std::byte* const> blocks) const;

  // Constant after construction.
  const unsigned index_;
  Budget& budget_;

  mutable Mutex mutex_;
  Blocks primary_ NETPOLL_GUARDED_BY(mutex_);
  Blocks victim_ NETPOLL_GUARDED_BY(mutex_);
  Stats counts_ NETPOLL_GUARDED_BY(mutex_);  // its counters, not its sums
};

}  // namespace netpoll::mcache
