// SPDX-License-Identifier: Apache-2.0
#include "census.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <new>
#include <thread>

#include "netpoll/base/deadline.h"
#include "netpoll/mcache/mcache.h"

namespace {

std::atomic<std::ptrdiff_t> living = 0;  // objects of operator new

void* make(std::size_t size, std::size_t alignment) {
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  living.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void drop(void* memory) {
  if (memory != nullptr) living.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

std::ptrdiff_t entries(const char* folder) {
  const std::filesystem::directory_iterator begin(folder);
  return std::distance(begin, std::filesystem::directory_iterator());
}

}  // namespace

// Every other form of new and delete calls one of these.
void* operator new(std::size_t size) {
  return make(size, 16);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return make(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  drop(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  drop(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  drop(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  drop(memory);
}

namespace netpoll::faults {
namespace {

// Gives all free blocks back, which takes two rounds; a third one finds none.
void empty_lists() {
  mcache::shrink_thread(0);
  for (int round = 0; round < 3; ++round)
    mcache::trim();
}

}  // namespace

void Census::fill_lists() {
  for (std::size_t size = 1; size <= 4 * 1024 * 1024; size *= 2)
    mcache::free(mcache::malloc(size));
  empty_lists();
}

Census Census::now() {
  return {
      .fds = entries("/proc/self/fd"),
      .threads = entries("/proc/self/task"),
      .block_bytes = static_cast<std::ptrdiff_t>(mcache::stats().in_use_bytes),
      .objects = living.load()};
}

Census Census::settled(const Census& before) {
  empty_lists();
  const Deadline limit = deadline_after(std::chrono::seconds(5));
  for (;;) {
    const Census it = now();
    if (it.fds <= before.fds && it.threads <= before.threads) return it;
    if (Deadline::clock::now() > limit) return it;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::string Census::more_than(const Census& before) const {
  return "\"fds\":" + std::to_string(fds - before.fds) +
         ",\"threads\":" + std::to_string(threads - before.threads) +
         ",\"block_bytes\":" +
         std::to_string(block_bytes - before.block_bytes) +
         ",\"objects\":" + std::to_string(objects - before.objects);
}

}  // namespace netpoll::faults
