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

// Aligned to 64 bytes, the size of a cache line, so that no two lists share a
// line: a thread that writes to one list does not slow down a thread that uses
// the list of a neighbouring class.
class alignas(64) CentralList {
 public:
  /// Makes the empty list of size class `index`. `budget` bounds the bytes that
  /// all lists with this budget keep together; it must outlive the list. [init]
  CentralList(unsigned index, Budget& budget)
      : index_(index), budget_(budget) {}
  CentralList(const CentralList&) = delete;
  CentralList& operator=(const CentralList&) = delete;
  /// Gives the free blocks in this list back to the system.
  ~CentralList();

  /// Moves free blocks from this list into `room`, as many as there are and
  /// fit. When the list is empty, puts one new block from the system into
  /// `room`. Returns the number of blocks in `room`, never 0. Requires: `room`
  /// is not empty. [any]
  [[nodiscard]] std::size_t take_batch(std::span<std::byte*> room);

  /// Takes over `blocks`, which are free. Those beyond the limit of this list,
  /// or beyond the budget of all lists, go to the system at once. [any]
  void give_batch(std::span<std::byte* const> blocks);

  /// Called about once a second. Gives the blocks in victim_ to the system, and
  /// moves those in primary_ to victim_. So a free block goes to the system in
  /// the second call after it came to this list, unless a thread takes it
  /// before. [any]
  void trim();

  /// The figures of this list. Here in_use_bytes counts the free blocks in the
  /// threads' own caches too: this list does not know that they are free. [any]
  Stats stats() const;

 private:
  using Blocks = std::vector<std::byte*>;

  std::size_t take_cached(std::span<std::byte*> room);
  std::size_t keep_within_bounds(std::span<std::byte* const> blocks);
  void free_to_system(std::span<std::byte* const> blocks) const;

  // The size class of all blocks in this list.
  const unsigned index_;
  // The bound that this list shares with others. Needs no mutex: it is atomic.
  Budget& budget_;

  mutable Mutex mutex_;
  Blocks primary_ NETPOLL_GUARDED_BY(mutex_);
  Blocks victim_ NETPOLL_GUARDED_BY(mutex_);
  // Only the four counters are kept here; stats() computes the other figures.
  Stats counts_ NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll::mcache
