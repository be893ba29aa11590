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
  /// Empty. `central` gives and takes the batches. [its thread]
  explicit ThreadCache(Central& central);
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;
  /// Returns every block to the centre. [its thread]
  ~ThreadCache() { return_all(); }

  /// A free block of class `index`, the caller's until push(). [its thread]
  [[nodiscard]] std::byte* pop(unsigned index);

  /// Keeps a block of class `index` for a later pop(). [its thread]
  void push(unsigned index, std::byte* block);

  /// Returns every block to the centre. [its thread]
  void return_all();

  /// Returns blocks to the centre, the largest first, until at most `bytes_max`
  /// bytes are kept. Costs 24 loads when that is so already. [its thread]
  void shrink(std::size_t bytes_max);

  /// How many blocks of class `index` are kept. [any]
  std::size_t count(unsigned index) const { return stacks_[index].count; }

  /// How many bytes all blocks have that are kept. [any]
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
