// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/mcache.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <span>

#include "netpoll/base/check.h"
#include "netpoll/mcache/central.h"
#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"
#include "netpoll/mcache/thread_cache.h"
#include "netpoll/mcache/thread_caches.h"

namespace netpoll::mcache {
namespace {

// The two objects of the whole program. Never destroyed: threads and static
// objects may free blocks until the very end of the process.
Central& central() {
  static auto* const it = new Central;
  return *it;
}

ThreadCaches& thread_caches() {
  static auto* const it = new ThreadCaches;
  return *it;
}

// Bytes of the blocks above kPooledMax that are in use.
constinit std::atomic<std::size_t> unpooled_bytes = 0;

// The lists of the running thread. Null before the thread's first call, and
// again while its thread_local objects are destroyed. A pointer needs no
// constructor, so each use costs one load and nothing else.
constinit thread_local ThreadCache* current = nullptr;
constinit thread_local bool has_left = false;

struct Resident {
  ThreadCache cache{central()};
  Resident() {
    thread_caches().add(cache);
    current = &cache;
  }
  ~Resident() {
    current = nullptr;
    has_left = true;
    thread_caches().remove(cache);
  }
};

// Null for a thread that is ending: thread_local objects that are destroyed
// after `resident` may still allocate and free, but the language forbids a
// thread to pass the definition of a destroyed object again.
ThreadCache* enter() {
  if (has_left) return nullptr;
  thread_local Resident resident;
  return current;
}

// The rare cases are not inline. Inlined into malloc() and free(), they would
// cost the common case registers to save.
[[gnu::noinline]] std::byte* take_block_first(unsigned index) {
  if (ThreadCache* const cache = enter()) return cache->pop(index);
  std::byte* block = nullptr;
  [[maybe_unused]] const std::size_t taken =
      central()[index].take_batch(std::span(&block, 1));
  assert(taken == 1);
  return block;
}

[[gnu::noinline]] void keep_block_first(unsigned index, std::byte* block) {
  if (ThreadCache* const cache = enter()) return cache->push(index, block);
  central()[index].give_batch(std::span(&block, 1));
}

[[gnu::noinline]] Memory allocate_unpooled(std::size_t size) {
  assert(size > kPooledMax);
  const Memory memory{guard::allocate(size), size};
  guard::free_to_live(memory.base, memory.capacity);
  // relaxed, here and below: a number that only stats() reads.
  unpooled_bytes.fetch_add(size, std::memory_order_relaxed);
  return memory;
}

[[gnu::noinline]] void free_unpooled(Memory memory) {
  guard::live_to_free(memory.base, memory.capacity);
  guard::deallocate(memory.base, memory.capacity);
  unpooled_bytes.fetch_sub(memory.capacity, std::memory_order_relaxed);
}

std::byte* take_block(unsigned index) {
  return current != nullptr ? current->pop(index) : take_block_first(index);
}

void keep_block(unsigned index, std::byte* block) {
  if (current == nullptr) return keep_block_first(index, block);
  current->push(index, block);
}

}  // namespace

// noexcept, here and below: when a vector of a CentralList cannot grow, that is
// out of memory too, and ends the process.
Memory malloc(std::size_t size, std::size_t capacity) noexcept {
  const std::size_t wanted = std::max(size, capacity);
  if (wanted > kPooledMax) return allocate_unpooled(wanted);
  const unsigned index = class_of(wanted);
  const Memory memory{take_block(index), capacity_of(index)};
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
  keep_block(index, memory.base);
}

void trim() noexcept {
  if (current != nullptr) current->return_all();
  central().trim();
}

void shrink_thread(std::size_t bytes_max) noexcept {
  if (current != nullptr) current->shrink(bytes_max);
}

Stats stats() noexcept {
  Stats stats = central().stats();
  stats.kept_bytes = thread_caches().kept_bytes();
  // To the centre a block that a thread keeps is in use; to the caller it is
  // not. std::min, since other threads may have moved blocks in between.
  stats.in_use_bytes -= std::min(stats.in_use_bytes, stats.kept_bytes);
  stats.in_use_bytes += unpooled_bytes.load(std::memory_order_relaxed);
  return stats;
}

Stats& Stats::operator+=(const Stats& other) {
  cached_blocks += other.cached_blocks;
  cached_bytes += other.cached_bytes;
  kept_bytes += other.kept_bytes;
  in_use_bytes += other.in_use_bytes;
  refills += other.refills;
  spills += other.spills;
  allocated += other.allocated;
  released += other.released;
  return *this;
}

}  // namespace netpoll::mcache
