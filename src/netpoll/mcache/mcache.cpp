// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/mcache.h"

#include <algorithm>
#include <span>

#include "netpoll/base/check.h"
#include "netpoll/mcache/central.h"
#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"
#include "netpoll/mcache/thread_cache.h"

namespace netpoll::mcache {
namespace {

// Never destroyed: threads and static objects may free blocks until the very
// end of the process.
Central& central() {
  static auto* const it = new Central;
  return *it;
}

// The lists of the running thread. Null before its first call, and again once
// its thread_local objects are being destroyed. A pointer, since it needs no
// constructor: nothing but a load stands before each use.
constinit thread_local ThreadCache* current = nullptr;
constinit thread_local bool has_left = false;

struct Resident {
  ThreadCache cache{central()};
  Resident() { current = &cache; }
  ~Resident() {
    current = nullptr;
    has_left = true;
  }
};

// Null for a thread on its way out: other thread_local objects that are
// destroyed after ours may still allocate and free, but the language forbids to
// pass the definition of an object that is destroyed.
ThreadCache* enter() {
  if (has_left) return nullptr;
  thread_local Resident resident;
  return current;
}

// What is rare stands out of line. Inlined into malloc() and free(), it would
// cost the common case registers to save.
[[gnu::noinline]] std::byte* take_first(unsigned index) {
  if (ThreadCache* const cache = enter()) return cache->pop(index);
  std::byte* block = nullptr;
  central()[index].take(std::span(&block, 1));
  return block;
}

[[gnu::noinline]] void keep_first(unsigned index, std::byte* block) {
  if (ThreadCache* const cache = enter()) return cache->push(index, block);
  central()[index].give(std::span(&block, 1));
}

[[gnu::noinline]] Memory allocate_unpooled(std::size_t size) {
  const Memory memory{guard::allocate(size), size};
  guard::free_to_live(memory.base, memory.capacity);
  return memory;
}

[[gnu::noinline]] void free_unpooled(Memory memory) {
  guard::live_to_free(memory.base, memory.capacity);
  guard::deallocate(memory.base, memory.capacity);
}

std::byte* take(unsigned index) {
  return current != nullptr ? current->pop(index) : take_first(index);
}

void keep(unsigned index, std::byte* block) {
  if (current == nullptr) return keep_first(index, block);
  current->push(index, block);
}

}  // namespace

// noexcept, here and below: a vector of a CentralList that cannot grow ends the
// process as well.
Memory malloc(std::size_t size, std::size_t capacity) noexcept {
  const std::size_t wanted = std::max(size, capacity);
  if (wanted > kPooledMax) return allocate_unpooled(wanted);
  const unsigned index = class_of(wanted);
  const Memory memory{take(index), capacity_of(index)};
  guard::free_to_live(memory.base, memory.capacity);
  return memory;
}

void free(Memory memory) noexcept {
  if (memory.base == nullptr) return;
  if (memory.capacity > kPooledMax) return free_unpooled(memory);
  const unsigned index = class_of(memory.capacity);
  check(memory.capacity == capacity_of(index),
        "mcache::free: a capacity that malloc() never gives");
  guard::live_to_free(memory.base, memory.capacity);
  keep(index, memory.base);
}

void trim() noexcept {
  if (current != nullptr) current->flush();
  central().trim();
}

Stats stats() noexcept {
  return central().stats();
}

Stats& Stats::operator+=(const Stats& other) {
  cached_blocks += other.cached_blocks;
  cached_bytes += other.cached_bytes;
  refills += other.refills;
  spills += other.spills;
  allocated += other.allocated;
  released += other.released;
  return *this;
}

}  // namespace netpoll::mcache
