// SPDX-License-Identifier: Apache-2.0
#pragma once

// The free blocks that one thread keeps for itself: a stack for each class.
//
//                           pop()  push()
//                             ^      |
//                             |      v
//    class 13   | o | o | o | o |   |   |   |   |    thread_limit() places
//               oldest                  youngest
//                  |
//                  +-- full: spill() gives the oldest batch to the centre
//                      empty: refill() takes a batch from the centre
//
// The youngest block is used first: its bytes are the likeliest to be in this
// processor's cache. Only the thread that made a ThreadCache changes it, so
// pop() and push() need no lock. Borrows the centre, which must outlive it.
// Upstream: sync.Pool's private slot and local queue.

#include <array>
#include <cassert>
#include <cstddef>

#include "netpoll/mcache/central.h"
#include "netpoll/mcache/owner_count.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {

class ThreadCache {
 public:
  /// Makes an empty cache. It gets its blocks from the central lists in
  /// `central` and returns them there. [the thread that owns the cache]
  explicit ThreadCache(Central& central);
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;
  /// Returns every block in this cache to the central lists.
  /// [the thread that owns the cache]
  ~ThreadCache() { return_all(); }

  /// Takes a free block of size class `index` out of this cache; an empty cache
  /// first gets a batch from the central list. The caller owns the block until
  /// it calls push(). [the thread that owns the cache]
  [[nodiscard]] std::byte* pop(unsigned index);

  /// Puts a block of size class `index`, now free, into this cache for a later
  /// pop(). A full cache first gives its oldest blocks to the central list.
  /// [the thread that owns the cache]
  void push(unsigned index, std::byte* block);

  /// Returns every block in this cache to the central lists.
  /// [the thread that owns the cache]
  void return_all();

  /// Returns free blocks to the central lists, the largest first, until this
  /// cache holds at most `bytes_max` bytes. Costs 24 loads, one for each size
  /// class, when there is nothing to return. [the thread that owns the cache]
  void shrink(std::size_t bytes_max);

  /// How many free blocks of size class `index` this cache holds. [any]
  std::size_t count(unsigned index) const { return stacks_[index].count; }

  /// How many bytes the free blocks in this cache have together. [any]
  std::size_t kept_bytes() const;

 private:
  struct Stack {
    OwnerCount count;
    std::size_t limit = 0;  // thread_limit(); a copy here is read faster
    std::array<std::byte*, kThreadBlocksMax> blocks;  // [0, count) are set
  };

  std::byte* refill_and_pop(unsigned index);
  void spill_and_push(unsigned index, std::byte* block);
  void refill(unsigned index);
  void spill(unsigned index, std::size_t count);

  Central& central_;
  std::array<Stack, kClasses> stacks_;
};

// pop() and push() are inline, since a call would cost as much as their work.
// Their rare case is a call of a function that is not inline, so that the
// common case stays short.

inline std::byte* ThreadCache::pop(unsigned index) {
  assert(index < kClasses);
  Stack& stack = stacks_[index];
  const std::size_t count = stack.count;
  if (count == 0) return refill_and_pop(index);
  stack.count = count - 1;
  return stack.blocks[count - 1];
}

inline void ThreadCache::push(unsigned index, std::byte* block) {
  assert(index < kClasses);
  assert(block != nullptr);
  Stack& stack = stacks_[index];
  const std::size_t count = stack.count;
  if (count == stack.limit) return spill_and_push(index, block);
  stack.blocks[count] = block;
  stack.count = count + 1;
}

}  // namespace netpoll::mcache
