// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/guard.h"

#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "netpoll/base/check.h"

namespace netpoll::mcache::guard {
namespace {

enum class State : std::uint64_t {  // values unlikely in other memory
  live = 0x6c6976652d6d6361,
  free = 0x667265652d6d6361,
};

// What stands in front of each block in a build without NDEBUG. The size of a
// Header is the alignment that std::malloc gives (16 bytes), so that the block
// behind the Header has that alignment too.
struct Header {
  State state;
  std::uint64_t capacity;
};

constexpr std::size_t kHeaderSize = kGuarded ? sizeof(Header) : 0;
constexpr unsigned char kFreedByte = 0xdd;
// Of a free block at most this many bytes, from its first on, are filled with
// kFreedByte and checked later: to fill 8 MiB would cost milliseconds. A write
// behind them is found only under AddressSanitizer.
constexpr std::size_t kFilledMax = 65536;

Header& header_of(std::byte* base) {
  assert(base != nullptr);
  static_assert(sizeof(Header) == alignof(std::max_align_t));
  return *reinterpret_cast<Header*>(base - sizeof(Header));
}

// Fills a free block with kFreedByte, at most kFilledMax bytes of it, so that a
// later write to it can be found. Under AddressSanitizer every access to the
// block is an error from now on; in other builds the macro does nothing.
void fill(std::byte* base, std::size_t capacity) {
  assert(capacity > 0);
  std::memset(base, kFreedByte, std::min(capacity, kFilledMax));
  ASAN_POISON_MEMORY_REGION(base, capacity);
}

bool is_filled(std::byte* base, std::size_t capacity) {
  ASAN_UNPOISON_MEMORY_REGION(base, capacity);
  // True if the first byte is kFreedByte and each of the filled bytes equals
  // its neighbour: memcmp() compares the bytes with the same bytes shifted by
  // one.
  return *base == std::byte{kFreedByte} &&
         std::memcmp(base, base + 1, std::min(capacity, kFilledMax) - 1) == 0;
}

}  // namespace

std::byte* allocate(std::size_t capacity) {
  check(capacity <= PTRDIFF_MAX - kHeaderSize,
        "mcache::malloc: more than half of the address space; was the size "
        "negative?");
  void* const memory = std::malloc(kHeaderSize + capacity);
  check(memory != nullptr, "mcache::malloc: out of memory");
  std::byte* const base = static_cast<std::byte*>(memory) + kHeaderSize;
  if constexpr (kGuarded) {
    header_of(base) = {State::free, capacity};
    fill(base, capacity);
  }
  return base;
}

void deallocate(std::byte* base, std::size_t capacity) {
  if constexpr (kGuarded) ASAN_UNPOISON_MEMORY_REGION(base, capacity);
  std::free(base - kHeaderSize);
}

void check_and_mark_live(std::byte* base, std::size_t capacity) {
  check(is_filled(base, capacity),
        "mcache: a block was written after it was freed");
  header_of(base).state = State::live;
}

void check_and_mark_free(std::byte* base, std::size_t capacity) {
  Header& header = header_of(base);
  check(header.state != State::free, "mcache::free: the block is free already");
  check(header.state == State::live,
        "mcache::free: not a block of this pool, or a pointer into one");
  check(header.capacity == capacity,
        "mcache::free: not the capacity that malloc() gave");
  header.state = State::free;
  fill(base, capacity);
}

}  // namespace netpoll::mcache::guard
