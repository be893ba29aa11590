// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/thread_caches.h"

#include <algorithm>
#include <cassert>

namespace netpoll::mcache {

void ThreadCaches::add(const ThreadCache& cache) {
  const Lock lock(mutex_);
  assert(std::ranges::count(caches_, &cache) == 0);
  caches_.push_back(&cache);
}

void ThreadCaches::remove(const ThreadCache& cache) {
  const Lock lock(mutex_);
  assert(std::ranges::count(caches_, &cache) == 1);
  std::erase(caches_, &cache);
}

std::size_t ThreadCaches::kept_bytes() const {
  const Lock lock(mutex_);
  std::size_t bytes = 0;
  for (const ThreadCache* const cache : caches_)
    bytes += cache->kept_bytes();
  return bytes;
}

}  // namespace netpoll::mcache
