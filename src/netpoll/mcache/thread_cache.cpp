// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/thread_cache.h"

#include <algorithm>
#include <span>

namespace netpoll::mcache {

ThreadCache::ThreadCache(Central& central) : central_(central) {
  for (unsigned index = 0; index < kClasses; ++index) {
    stacks_[index].limit = thread_limit(index);
  }
}

void ThreadCache::return_all() {
  shrink(0);
  assert(kept_bytes() == 0);
}

void ThreadCache::shrink(std::size_t bytes_max) {
  std::size_t kept = kept_bytes();
  for (unsigned index = kClasses; kept > bytes_max;) {
    assert(index > 0);  // the counts add up to `kept`
    const std::size_t capacity = capacity_of(--index);
    const std::size_t too_many = (kept - bytes_max + capacity - 1) / capacity;
    const std::size_t count = std::min(too_many, this->count(index));
    if (count > 0) spill(index, count);
    kept -= count * capacity;
  }
}

std::size_t ThreadCache::kept_bytes() const {
  std::size_t bytes = 0;
  for (unsigned index = 0; index < kClasses; ++index)
    bytes += count(index) * capacity_of(index);
  return bytes;
}

std::byte* ThreadCache::refill_and_pop(unsigned index) {
  refill(index);
  return pop(index);
}

void ThreadCache::spill_and_push(unsigned index, std::byte* block) {
  spill(index, batch_of(index));
  push(index, block);
}

void ThreadCache::refill(unsigned index) {
  Stack& stack = stacks_[index];
  assert(stack.count == 0);
  const auto room = std::span(stack.blocks).first(batch_of(index));
  stack.count = central_[index].take_batch(room);
  assert(stack.count > 0);
}

void ThreadCache::spill(unsigned index, std::size_t count) {
  Stack& stack = stacks_[index];
  assert(stack.count >= count);
  // The oldest go, from the bottom; the youngest stay, since their bytes are
  // the likeliest to be in this processor's cache.
  central_[index].give_batch(std::span(stack.blocks).first(count));
  std::copy(stack.blocks.begin() + count, stack.blocks.begin() + stack.count,
            stack.blocks.begin());
  stack.count -= count;
}

}  // namespace netpoll::mcache
