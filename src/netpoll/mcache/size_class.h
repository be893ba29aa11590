// SPDX-License-Identifier: Apache-2.0
#pragma once

// How sizes become classes. Class i holds blocks of exactly 2^i bytes.
//
//    asked for    0 1   2   3 4   5..8   ...   4097..8192   ...  4 MiB+1..8 MiB
//    class         0    1    2     3               13                  23
//    block        1 B  2 B  4 B   8 B            8 KiB               8 MiB
//                                                                        |
//                                     kPooledMax: more than this is not pooled
//
// Rounding up wastes less than half of a block, and so every free block of a
// class serves every request of that class. Bounds keep the pool small:
//
//                                  blocks    bytes      example: 8 KiB
//    in one thread, one class      64        2 MiB      64 blocks
//    in the centre, one class      16384     64 MiB     8192 blocks
//    in the centre, all classes              128 MiB
//
// One block of each class is always allowed to a thread, also of 4 and 8 MiB.
//
// Upstream: mcache.calcIndex (gopkg lang/mcache/mcache.go:47), with 46 classes;
// the ceiling is netpoll's mallocMax (nocopy.go:259). Unlike upstream, which
// has no bounds: there the garbage collector empties the pool.

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>

namespace netpoll::mcache {

/// The number of size classes; their indices are 0 to 23.
inline constexpr unsigned kClasses = 24;
/// The largest pooled block, in bytes: 8 MiB.
inline constexpr std::size_t kPooledMax = std::size_t{1} << (kClasses - 1);

/// How many free blocks of one size class one thread keeps for itself at most.
/// kThreadBytesMax limits them as well.
inline constexpr std::size_t kThreadBlocksMax = 64;
/// How many bytes the free blocks of one size class that one thread keeps for
/// itself have together at most: 2 MiB. A single block may be larger.
inline constexpr std::size_t kThreadBytesMax = std::size_t{2} << 20;
/// How many free blocks the central list of one size class keeps at most.
inline constexpr std::size_t kCentralBlocksMax = 16384;
/// How many bytes the blocks in the central list of one size class have at
/// most.
inline constexpr std::size_t kCentralBytesMax = std::size_t{64} << 20;
/// How many bytes the blocks in the central lists of all size classes have
/// together at most. Blocks beyond that go to the system.
inline constexpr std::size_t kCentralTotalMax = std::size_t{128} << 20;

/// The size class of the smallest block that holds `size` bytes.
/// Requires: size <= kPooledMax. [any]
constexpr unsigned class_of(std::size_t size) {
  assert(size <= kPooledMax);
  if (size <= 1) return 0;
  // Not bit_width(size): that would put 8192 into the class of 16384.
  return static_cast<unsigned>(std::bit_width(size - 1));
}

/// How many bytes a block of size class `index` has. [any]
constexpr std::size_t capacity_of(unsigned index) {
  assert(index < kClasses);
  return std::size_t{1} << index;
}

/// How many free blocks of size class `index` one thread keeps for itself at
/// most. Never less than one: a thread that takes and frees one large block
/// again and again then locks nothing. [any]
constexpr std::size_t thread_limit(unsigned index) {
  return std::clamp<std::size_t>(kThreadBytesMax >> index, 1, kThreadBlocksMax);
}

/// How many blocks of size class `index` a thread's cache gets from the central
/// list when the cache is empty (fewer if the list has fewer), and gives to the
/// list when the cache is full: half of thread_limit(), but at least one. With
/// half, the thread can then take blocks and free blocks for a while before it
/// locks the list again. [any]
constexpr std::size_t batch_of(unsigned index) {
  return std::max<std::size_t>(thread_limit(index) / 2, 1);
}

/// How many free blocks the central list of size class `index` keeps at most.
/// Blocks beyond that go to the system. [any]
constexpr std::size_t central_limit(unsigned index) {
  return std::min(kCentralBytesMax >> index, kCentralBlocksMax);
}

}  // namespace netpoll::mcache
