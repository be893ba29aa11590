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
//                      empty: refill() takes a batch from it
//
// The youngest block is used first: its bytes are the likeliest to be in this
// processor's cache. Only the thread that made a ThreadCache uses it; hence no
// lock and no atomic on the way of pop() and push(). Borrows the centre, which
// must live longer. Upstream: sync.Pool's private slot and local queue.

#include <array>
#include <cassert>
#include <cstddef>

#include "netpoll/mcache/central.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {

class ThreadCache {
 public:
  /// Empty. `central` gives and takes the batches.
  explicit ThreadCache(Central& central);
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;
  /// What the thread still keeps goes to the centre.
  ~ThreadCache() { flush(); }

  /// A free block of class `index`. [its thread]
  std::byte* pop(unsigned index);

  /// Keeps a block of class `index` for a later pop(). [its thread]
  void push(unsigned index, std::byte* block);

  /// Gives every block to the centre. [its thread]
  void flush();

  /// How many blocks of class `index` it keeps. [its thread]
  std::size_t count(unsigned index) const { return stacks_[index].count; }

 private:
  struct Stack {
    std::size_t count = 0;
    std::size_t limit = 0;  // thread_limit(); here, it is read faster
    std::array<std::byte*, kThreadBlocksMax> blocks;  // [0, count) are set
  };

  std::byte* refill_and_pop(unsigned index);
  void spill_and_push(unsigned index, std::byte* block);
  void refill(unsigned index);
  void spill(unsigned index);

  Central& central_;
  std::array<Stack, kClasses> stacks_;
};

// Inline, since a call would cost as much as the work. For the same reason the
// rare case is a call in the last place: no register is saved around it.

inline std::byte* ThreadCache::pop(unsigned index) {
  assert(index < kClasses);
  Stack& stack = stacks_[index];
  if (stack.count == 0) return refill_and_pop(index);
  return stack.blocks[--stack.count];
}

inline void ThreadCache::push(unsigned index, std::byte* block) {
  assert(index < kClasses);
  assert(block != nullptr);
  Stack& stack = stacks_[index];
  if (stack.count == stack.limit) return spill_and_push(index, block);
  stack.blocks[stack.count++] = block;
}

}  // namespace netpoll::mcache
