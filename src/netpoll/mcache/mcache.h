// SPDX-License-Identifier: Apache-2.0
#pragma once

// A pool of memory blocks, by size class, for buffers that one thread fills and
// another thread frees.
//
//    poller thread                                        worker thread
//
//    malloc(8000) = 8192 bytes                     free(8192 bytes)
//       ^                                             |
//       | pop                                         | push
//    +--+-------------+     +---------------+     +---v------------+
//    | ThreadCache    |     | CentralList   |     | ThreadCache    |
//    | 8 KiB: o o o   | <-- | primary o o o | <-- | 8 KiB: o o o o |
//    +----------------+ 32  | victim  o o   | 32  +----------------+
//      no lock              +-------+-------+       no lock
//                             mutex |
//                                   v trim(), the second after the last use
//                                 system
//
// A thread takes from its own lists and frees to them. When one of its lists is
// empty or full, a batch of blocks moves between that list and the centre,
// under a mutex. So blocks that one thread only frees reach a thread that only
// takes.
//
// The memory is dirty: it holds what its last owner wrote. Wipe secrets before
// free(). Running out of memory ends the process; no other part of the library
// handles it in another way.
//
// Upstream: mcache (gopkg lang/mcache/mcache.go), a sync.Pool for each class.

#include <cstddef>
#include <cstdint>

namespace netpoll::mcache {

/// The base and the capacity of one block. malloc() returns the two values, and
/// free() must get the same two back.
struct Memory {
  std::byte* base = nullptr;  // aligned as std::malloc aligns: 16 bytes
  std::size_t capacity = 0;   // bytes that may be used
};

/// Returns a block of at least max(size, capacity) bytes: its capacity is that
/// number rounded up to a power of two, at least 1. For more than kPooledMax (8
/// MiB) the capacity is exactly max(size, capacity), and the block is not
/// pooled. Never null: when there is no memory, the process ends. The caller
/// owns the block until free(). [any]
///
/// Upstream: mcache.Malloc (gopkg lang/mcache/mcache.go:60).
[[nodiscard]] Memory malloc(std::size_t size,
                            std::size_t capacity = 0) noexcept;

/// Takes back a block that malloc() has returned on this or another thread.
/// Does nothing for a null base. Requires: no thread uses the block any more.
///
/// Ends the process when the capacity is one that malloc() never returns. A
/// build without NDEBUG also ends the process, with a line that says why, when
/// the block is free already, when `memory` is not a block of this pool, and
/// when the base or the capacity is not the one that malloc() returned. Such a
/// build also ends the process in malloc() when the block that malloc() is
/// about to return was written after its free(). [any]
///
/// Unlike upstream, whose Free() silently drops a capacity that is no power of
/// two, since the garbage collector takes it, and accepts any other memory.
/// Upstream: mcache.Free (gopkg lang/mcache/mcache.go:80).
void free(Memory memory) noexcept;

/// Gives free blocks that nobody needs back to the system. The calling thread
/// first returns the blocks in its own cache to the central lists. Then a block
/// that was in a central list at the previous trim() already, and that no
/// thread has taken since, goes to the system. The Runtime calls trim() about
/// once a second. Blocks in the caches of other threads stay where they are:
/// thread_limit() bounds their number, and they go to the central lists when
/// their thread ends or calls shrink_thread(). [any]
///
/// Upstream: the garbage collector empties sync.Pool in two rounds.
void trim() noexcept;

/// Moves free blocks from the calling thread's cache to the central lists, the
/// largest first, until the cache holds at most `bytes_max` bytes. For a thread
/// that is about to sleep. Costs 24 loads, one for each size class, when there
/// is nothing to move. [any]
void shrink_thread(std::size_t bytes_max) noexcept;

/// Figures of the memory pool: four amounts at this moment, and four counters
/// since the program began.
struct Stats {
  std::size_t cached_blocks = 0;  // free, in the central lists
  std::size_t cached_bytes = 0;   // the bytes of those blocks
  std::size_t kept_bytes = 0;     // free, in the threads' own caches
  std::size_t in_use_bytes = 0;   // returned by malloc() and not yet freed
  std::uint64_t refills = 0;      // batches that threads took from the centre
  std::uint64_t spills = 0;       // batches that threads gave to the centre
  std::uint64_t allocated = 0;    // blocks that came from the system
  std::uint64_t released = 0;     // blocks that went back to the system

  Stats& operator+=(const Stats& other);
};

/// Returns the figures of the pool at this moment, over all size classes. They
/// are exact when no other thread is inside a function of the pool.
/// in_use_bytes counts blocks above kPooledMax too; the four counters (refills,
/// spills, allocated, released) do not. [any]
[[nodiscard]] Stats stats() noexcept;

}  // namespace netpoll::mcache
