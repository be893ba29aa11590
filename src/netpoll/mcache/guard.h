// SPDX-License-Identifier: Apache-2.0
#pragma once

// Blocks from the system and, in builds without NDEBUG, a guard in front of
// each block. Only the sources of mcache include this file.
//
//    NDEBUG               +-----------------------------+
//                         | capacity bytes              |
//                         +-----------------------------+
//                         ^ base
//                         v
//    else       +---------+-----------------------------+
//               | Header  | capacity bytes              |
//               +---------+-----------------------------+
//                 state: live                      (an owner writes there)
//                 state: free     dd dd dd dd dd … (no owner; poisoned)
//                 capacity
//
// The header stands in front of the block and not behind it: an owner may write
// the whole capacity, and the capacity stays a power of two. Upstream has no
// guard; a later pool (cloudwego/gopkg cache/mempool) has a footer of 8 bytes.

#include <cstddef>

namespace netpoll::mcache::guard {

/// Whether this build has a guard: a header in front of each block, by which a
/// wrong free() and a write to a free block are found. A build has the guard
/// unless NDEBUG is defined. The code of the pool asks this constant, not
/// NDEBUG.
inline constexpr bool kGuarded =
#ifdef NDEBUG
    false;
#else
    true;
#endif

/// Gets a new block of `capacity` bytes from the system (std::malloc). With a
/// guard the block is marked as free. Never null: when there is no memory, the
/// process ends. [any]
std::byte* allocate(std::size_t capacity);

/// Gives a block that allocate() returned, and that has no owner, back to the
/// system. `capacity` is the one that allocate() got. [any]
void deallocate(std::byte* base, std::size_t capacity);

/// What free_to_live() does in a build with the guard: ends the process if the
/// block was written while it was free, else marks it as live. [any]
void check_and_mark_live(std::byte* base, std::size_t capacity);
/// What live_to_free() does in a build that checks blocks (without NDEBUG). If
/// `base` is the beginning of a live block of this pool with that capacity,
/// marks the block as free; if not, ends the process with a line. [any]
void check_and_mark_free(std::byte* base, std::size_t capacity);

/// Call it when a free block gets an owner. Ends the process if the block was
/// written while it was free. Does nothing in a build with NDEBUG. [any]
inline void free_to_live(std::byte* base, std::size_t capacity) {
  if constexpr (kGuarded) check_and_mark_live(base, capacity);
}

/// Call it when an owner frees its block. Ends the process unless `base` is the
/// beginning of a live block of this pool with that capacity. Does nothing in a
/// build with NDEBUG. [any]
inline void live_to_free(std::byte* base, std::size_t capacity) {
  if constexpr (kGuarded) check_and_mark_free(base, capacity);
}

}  // namespace netpoll::mcache::guard
