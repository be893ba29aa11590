// SPDX-License-Identifier: Apache-2.0
#pragma once

// The caches of all threads that run, so that one thread can add up what all of
// them keep. Only stats() and the first and the last call of a thread come
// here. Borrows the caches: each is removed before it is destroyed.
// Upstream: none.

#include <cstddef>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/thread_annotations.h"
#include "netpoll/mcache/thread_cache.h"

namespace netpoll::mcache {

class ThreadCaches {
 public:
  /// Adds `cache` to the caches of all threads: kept_bytes() counts its blocks
  /// from now on. [the thread that owns the cache]
  void add(const ThreadCache& cache);
  /// Removes `cache` from the caches of all threads: kept_bytes() counts its
  /// blocks no longer. To be called before `cache` is destroyed. Requires:
  /// add(cache). [the thread that owns the cache]
  void remove(const ThreadCache& cache);
  /// How many bytes the free blocks in the caches of all threads have together.
  /// Blocks in use and blocks in the central lists do not count. [any]
  std::size_t kept_bytes() const;

 private:
  mutable Mutex mutex_;
  std::vector<const ThreadCache*> caches_ NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll::mcache
