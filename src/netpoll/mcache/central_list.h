// SPDX-License-Identifier: Apache-2.0
#pragma once

// The free blocks of one class that no thread keeps, in two generations.
//
//    give() --> +---------+        +---------+
//               | primary | trim() | victim  | trim()
//    take() <-- | o o o o | -----> | o o o   | -----> system
//               +---------+        +---------+
//                    first            then        then a new one <-- system
//
// A block that nobody takes is a victim after one tick and gone after two; one
// that is in use comes back through give() and is primary again. Blocks beyond
// central_limit() go to the system at once.
//
// Owns its blocks. The system is called outside the mutex, so that the longest
// section under it is the move of one batch (and, rarely, a vector that grows).
//
// Upstream: sync.Pool's shared queues and its victim cache.

#include <cstddef>
#include <span>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/thread_annotations.h"
#include "netpoll/mcache/mcache.h"

namespace netpoll::mcache {

// 64, a cache line: threads that work on neighbouring classes do not disturb
// each other.
class alignas(64) CentralList {
 public:
  /// The list of class `index`; empty.
  explicit CentralList(unsigned index) : index_(index) {}
  CentralList(const CentralList&) = delete;
  CentralList& operator=(const CentralList&) = delete;
  /// Gives everything back to the system.
  ~CentralList();

  /// Moves free blocks into `room`, as many as there are and fit, and returns
  /// their number. Never 0: an empty list gets one new block from the system.
  /// Requires: room is not empty. [any]
  std::size_t take(std::span<std::byte*> room);

  /// Takes over `blocks`; what is beyond the limit goes to the system. [any]
  void give(std::span<std::byte* const> blocks);

  /// One tick: victims go to the system, primaries become victims. [any]
  void trim();

  /// What this list has and did. [any]
  Stats stats() const;

 private:
  using Blocks = std::vector<std::byte*>;

  std::size_t take_cached(std::span<std::byte*> room);
  std::size_t keep(std::span<std::byte* const> blocks);
  void release(std::span<std::byte* const> blocks) const;

  // Constant after construction.
  const unsigned index_;

  mutable Mutex mutex_;
  Blocks primary_ NETPOLL_GUARDED_BY(mutex_);
  Blocks victim_ NETPOLL_GUARDED_BY(mutex_);
  Stats counts_ NETPOLL_GUARDED_BY(mutex_);  // all but the two cached_ figures
};

}  // namespace netpoll::mcache
