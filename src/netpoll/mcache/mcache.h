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
// A thread takes from and frees to its own lists. Only when one of them is
// empty or full does a batch of blocks cross over, under a mutex. What is freed
// here by one thread for ever thus reaches the threads that allocate for ever.
//
// The memory is dirty: it holds what its last owner wrote. Wipe secrets before
// free(). Running out of memory ends the process; this is the only place that
// says so, and nothing in the library handles it otherwise.
//
// Upstream: mcache (gopkg lang/mcache/mcache.go), a sync.Pool for each class.

#include <cstddef>
#include <cstdint>

namespace netpoll::mcache {

/// One block: what malloc() gave, and what free() wants back unchanged.
struct Memory {
  std::byte* base = nullptr;  // aligned as std::malloc aligns: 16 bytes
  std::size_t capacity = 0;   // bytes that may be used
};

/// A block of at least max(size, capacity) bytes: the next power of two, at
/// least 1. Above kPooledMax (8 MiB) it has exactly that many bytes and comes
/// from the system. Never null. Belongs to the caller until free(). [any]
///
/// Upstream: mcache.Malloc (gopkg lang/mcache/mcache.go:60).
[[nodiscard]] Memory malloc(std::size_t size,
                            std::size_t capacity = 0) noexcept;

/// Takes back what malloc() gave, on whatever thread. An empty Memory is fine.
/// Requires: nobody uses the block any more. A capacity that no malloc() gives
/// ends the process; a build without NDEBUG also ends it, with a line that says
/// why, on a second free, on memory from elsewhere, on a pointer into a block,
/// and on a block that is written after its free. [any]
///
/// Unlike upstream: Free() silently drops a capacity that is no power of two,
/// since the garbage collector takes it, and adopts any other memory.
/// Upstream: mcache.Free (gopkg lang/mcache/mcache.go:80).
void free(Memory memory) noexcept;

/// One tick of the clock that gives unused blocks back to the system: a free
/// block that nobody takes for two ticks is gone. Call it about once a second.
/// The calling thread's own lists take part; those of other threads do not, but
/// they are bounded (thread_limit()), and empty when their thread ends. [any]
///
/// Upstream: the garbage collector empties sync.Pool in two rounds.
void trim() noexcept;

/// What the centre has and did, all classes together, since the program began.
struct Stats {
  std::size_t cached_blocks = 0;  // free, waiting in the centre
  std::size_t cached_bytes = 0;   // the same, in bytes
  std::uint64_t refills = 0;      // batches that threads took
  std::uint64_t spills = 0;       // batches that threads gave
  std::uint64_t allocated = 0;    // blocks that came from the system
  std::uint64_t released = 0;     // blocks that went back to it

  Stats& operator+=(const Stats& other);
};

/// The figures of this moment; other threads may be changing them. [any]
[[nodiscard]] Stats stats() noexcept;

}  // namespace netpoll::mcache
