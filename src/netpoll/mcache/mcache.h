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

/// One block: malloc() returns it, and free() must get it back unchanged.
struct Memory {
  std::byte* base = nullptr;  // aligned as std::malloc aligns: 16 bytes
  std::size_t capacity = 0;   // bytes that may be used
};

/// A block of at least max(size, capacity) bytes: the next power of two, at
/// least 1. Above kPooledMax (8 MiB) it has exactly that many bytes and comes
/// from the system. Never null. The caller owns the block until free(). [any]
///
/// Upstream: mcache.Malloc (gopkg lang/mcache/mcache.go:60).
[[nodiscard]] Memory malloc(std::size_t size,
                            std::size_t capacity = 0) noexcept;

/// Takes back a block that malloc() returned, on whatever thread. An empty
/// Memory is fine. Requires: no thread uses the block any more. A capacity that
/// malloc() never returns ends the process. A build without NDEBUG also ends
/// it, with a line that says why, when a block is freed twice, when the memory
/// is not a block of the pool, when the pointer does not point to its
/// beginning, and when a block was written after its free. [any]
///
/// Unlike upstream, whose Free() silently drops a capacity that is no power of
/// two, since the garbage collector takes it, and accepts any other memory.
/// Upstream: mcache.Free (gopkg lang/mcache/mcache.go:80).
void free(Memory memory) noexcept;

/// One tick: a free block in the centre that no thread takes during two ticks
/// goes back to the system. The Runtime calls it about once a second. The
/// calling thread first returns its own blocks to the centre. Other threads
/// keep theirs: those are bounded (thread_limit()), and go to the centre when
/// their thread ends or calls shrink_thread(). [any]
///
/// Upstream: the garbage collector empties sync.Pool in two rounds.
void trim() noexcept;

/// Returns blocks that the calling thread keeps to the centre, the largest
/// first, until it keeps at most `bytes_max` bytes. For a thread that is about
/// to sleep. Costs 24 loads when there is nothing to return. [any]
void shrink_thread(std::size_t bytes_max) noexcept;

/// What the pool has and did, all classes together, since the program began.
struct Stats {
  std::size_t cached_blocks = 0;  // free, in the centre
  std::size_t cached_bytes = 0;   // the same, in bytes
  std::size_t kept_bytes = 0;     // free, in the lists of all threads
  std::size_t in_use_bytes = 0;   // returned by malloc() and not yet freed
  std::uint64_t refills = 0;      // batches that threads took
  std::uint64_t spills = 0;       // batches that threads gave
  std::uint64_t allocated = 0;    // blocks that came from the system
  std::uint64_t released = 0;     // blocks that went back to it

  Stats& operator+=(const Stats& other);
};

/// The figures of this moment. They are exact when no other thread is inside a
/// call of the pool. The four counters do not count blocks above kPooledMax;
/// in_use_bytes does. [any]
[[nodiscard]] Stats stats() noexcept;

}  // namespace netpoll::mcache
