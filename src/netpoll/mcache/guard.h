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

/// Whether this build has the guard. No other code looks at NDEBUG.
inline constexpr bool kGuarded =
#ifdef NDEBUG
    false;
#else
    true;
#endif

/// A new block of `capacity` bytes from the system, in state free. Never null:
/// without memory the process ends. [any]
std::byte* allocate(std::size_t capacity);

/// Gives a block in state free back to the system. [any]
void deallocate(std::byte* base, std::size_t capacity);

/// free_to_live() in a build with the guard. [any]
void check_and_mark_live(std::byte* base, std::size_t capacity);
/// live_to_free() in a build with the guard. [any]
void check_and_mark_free(std::byte* base, std::size_t capacity);

/// Call it when a free block gets an owner. Ends the process if the block was
/// written while it was free. Does nothing in a build without the guard. [any]
inline void free_to_live(std::byte* base, std::size_t capacity) {
  if constexpr (kGuarded) check_and_mark_live(base, capacity);
}

/// Call it when an owner frees its block. Ends the process unless `base` is the
/// beginning of a live block of this pool with that capacity. Does nothing in a
/// build without the guard. [any]
inline void live_to_free(std::byte* base, std::size_t capacity) {
  if constexpr (kGuarded) check_and_mark_free(base, capacity);
}

}  // namespace netpoll::mcache::guard
