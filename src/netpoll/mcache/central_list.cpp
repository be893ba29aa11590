// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/central_list.h"

#include <algorithm>
#include <cassert>

#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

// Moves the youngest blocks of `from` into `room`; they are the likeliest to be
// in some processor's cache still.
std::size_t move_out(std::vector<std::byte*>& from,
                     std::span<std::byte*> room) {
  const std::size_t count = std::min(from.size(), room.size());
  std::copy_n(from.end() - static_cast<std::ptrdiff_t>(count), count,
              room.begin());
  from.resize(from.size() - count);
  return count;
}

}  // namespace

CentralList::~CentralList() {
  trim();
  trim();
}

std::size_t CentralList::take(std::span<std::byte*> room) {
  assert(!room.empty());
  const std::size_t taken = take_cached(room);
  if (taken > 0) return taken;
  room[0] = guard::allocate(capacity_of(index_));
  return 1;
}

void CentralList::give(std::span<std::byte* const> blocks) {
  release(blocks.subspan(keep(blocks)));
}

void CentralList::trim() {
  Blocks unused;
  {
    const Lock lock(mutex_);
    unused.swap(victim_);
    victim_.swap(primary_);
    counts_.released += unused.size();
  }
  release(unused);
}

Stats CentralList::stats() const {
  const Lock lock(mutex_);
  Stats stats = counts_;
  stats.cached_blocks = primary_.size() + victim_.size();
  stats.cached_bytes = stats.cached_blocks * capacity_of(index_);
  return stats;
}

std::size_t CentralList::take_cached(std::span<std::byte*> room) {
  const Lock lock(mutex_);
  std::size_t taken = move_out(primary_, room);
  taken += move_out(victim_, room.subspan(taken));
  ++(taken > 0 ? counts_.refills : counts_.allocated);
  return taken;
}

// Keeps the first blocks, up to the limit, and returns how many.
std::size_t CentralList::keep(std::span<std::byte* const> blocks) {
  const Lock lock(mutex_);
  const std::size_t cached = primary_.size() + victim_.size();
  assert(cached <= central_limit(index_));
  const std::size_t kept =
      std::min(blocks.size(), central_limit(index_) - cached);
  const auto kept_blocks = blocks.first(kept);
  primary_.insert(primary_.end(), kept_blocks.begin(), kept_blocks.end());
  ++counts_.spills;
  counts_.released += blocks.size() - kept;
  return kept;
}

void CentralList::release(std::span<std::byte* const> blocks) const {
  for (std::byte* const block : blocks) {
    guard::deallocate(block, capacity_of(index_));
  }
}

}  // namespace netpoll::mcache
