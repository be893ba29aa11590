// SPDX-License-Identifier: Apache-2.0
#pragma once

// Blocks from the system and, in builds without NDEBUG, a guard in front of
// each. Only the sources of mcache include this file.
//
//    NDEBUG               +-----------------------------+
//                         | capacity bytes              |
//                         +-----------------------------+
//                         ^ base
//                         v
//    else       +---------+-----------------------------+
//               | Header  | capacity bytes              |
//               +---------+-----------------------------+
//                 state: live                      (the owner's)
//                 state: free     dd dd dd dd dd … (nobody's, and poisoned)
//                 capacity
//
// The header stands in front and not behind: an owner may write all of its
// capacity, and a power of two stays one. Upstream has no guard; an early
// successor (gopkg cache/mempool) has a footer of 8 bytes.

#include <cstddef>

namespace netpoll::mcache::guard {

/// The one switch: the guard asks this constant, nothing asks NDEBUG again.
inline constexpr bool kGuarded =
#ifdef NDEBUG
    false;
#else
    true;
#endif

/// A new block from the system, in state free. Not null: without memory the
/// process ends. [any]
std::byte* allocate(std::size_t capacity);

/// Gives a block in state free back to the system. [any]
void deallocate(std::byte* base, std::size_t capacity);

/// What free_to_live() does where there is a guard. [any]
void check_and_mark_live(std::byte* base, std::size_t capacity);
/// What live_to_free() does where there is a guard. [any]
void check_and_mark_free(std::byte* base, std::size_t capacity);

/// The block gets an owner. Ends the process if somebody wrote into it while
/// it had none. Costs nothing without the guard. [any]
inline void free_to_live(std::byte* base, std::size_t capacity) {
  if constexpr (kGuarded) check_and_mark_live(base, capacity);
}

/// The block loses its owner. Ends the process unless it is a block of this
/// pool, at its base, of that capacity, and live. Costs nothing without the
/// guard. [any]
inline void live_to_free(std::byte* base, std::size_t capacity) {
  if constexpr (kGuarded) check_and_mark_free(base, capacity);
}

}  // namespace netpoll::mcache::guard
