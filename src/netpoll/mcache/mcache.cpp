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

// The central lists of the whole program. Never destroyed, like the object of
// thread_caches(): threads, and the destructors of static objects, may free
// blocks until the very end of the process.
Central& central() {
  static auto* const it = new Central;
  return *it;
}

ThreadCaches& thread_caches() {
  static auto* const it = new ThreadCaches;
  return *it;
}

// The bytes of all blocks in use that are larger than kPooledMax (8 MiB). The
// pool does not keep such blocks: free() gives them back to the system.
constinit std::atomic<std::size_t> unpooled_bytes = 0;

// The cache of the running thread. Null before the thread's first malloc() or
// free(), and again once the cache is destroyed at the thread's end. A pointer
// needs no constructor, so each use costs one load and nothing else.
constinit thread_local ThreadCache* current = nullptr;
constinit thread_local bool has_left = false;  // its cache is destroyed

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

// Returns the running thread's cache; the thread's first call makes it. Returns
// null once `resident` is destroyed at the thread's end: thread_local objects
// that are destroyed after `resident` may still allocate and free, but C++
// forbids a thread to pass the definition of a destroyed object again.
ThreadCache* enter() {
  if (has_left) return nullptr;
  thread_local Resident resident;
  return current;
}

// Takes a block when `current` is null: from the running thread's cache, which
// is made now, or, in a thread that is ending, from the central list. Not
// inline, like the next three functions: these cases are rare, and inside
// malloc() and free() they would make the common case save more registers.
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
  // relaxed, at every access to unpooled_bytes: only stats() reads the number,
  // and no thread reads other memory because of it.
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

// noexcept, like all functions of the pool: when a vector inside the pool
// cannot grow, the program is out of memory. Its exception then ends the
// process, as running out of memory always does here.
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
  // So far in_use_bytes also counts the free blocks in the threads' caches: to
  // the central lists every block outside them is in use. These are subtracted
  // here. std::min, so that the result is never negative: other threads may
  // have moved blocks between the two counts.
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
