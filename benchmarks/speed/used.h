// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the program has used so far: counted in used.cpp, which defines the C
// library's functions for allocating, locking and copying anew. They count, and
// then do what the C library does.

/// Numbers since the program began, or between two moments.
struct Used {
  unsigned long long allocations = 0;  ///< malloc, calloc, realloc, new
  unsigned long long locks = 0;        ///< pthread_mutex_lock and _trylock
  unsigned long long copied = 0;       ///< bytes, by calls of memcpy, memmove

  /// The numbers of all threads. [any]
  static Used now();
  Used operator-(const Used& before) const {
    return {allocations - before.allocations, locks - before.locks,
            copied - before.copied};
  }
};
