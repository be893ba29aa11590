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

void ThreadCache::flush() {
  for (unsigned index = 0; index < kClasses; ++index) {
    Stack& stack = stacks_[index];
    if (stack.count == 0) continue;
    central_[index].give(std::span(stack.blocks).first(stack.count));
    stack.count = 0;
  }
}

std::byte* ThreadCache::refill_and_pop(unsigned index) {
  refill(index);
  return pop(index);
}

void ThreadCache::spill_and_push(unsigned index, std::byte* block) {
  spill(index);
  push(index, block);
}

void ThreadCache::refill(unsigned index) {
  Stack& stack = stacks_[index];
  assert(stack.count == 0);
  const auto room = std::span(stack.blocks).first(batch_of(index));
  stack.count = central_[index].take(room);
  assert(stack.count > 0);
}

void ThreadCache::spill(unsigned index) {
  Stack& stack = stacks_[index];
  const std::size_t batch = batch_of(index);
  assert(stack.count >= batch);
  // The oldest go, from the bottom; the youngest stay, where they are warm.
  central_[index].give(std::span(stack.blocks).first(batch));
  std::copy(stack.blocks.begin() + batch, stack.blocks.begin() + stack.count,
            stack.blocks.begin());
  stack.count -= batch;
}

}  // namespace netpoll::mcache
