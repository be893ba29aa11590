// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/central_list.h"

#include <algorithm>
#include <cassert>

#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

// Moves blocks from the end of `from` into `room`, as many as there are and
// fit, and returns their number. Those at the end were given back last: their
// bytes are the likeliest to be in some processor's cache still.
std::size_t move_out(std::vector<std::byte*>& from,
                     std::span<std::byte*> room) {
  const std::size_t count = std::min(from.size(), room.size());
  const auto youngest = std::span(from).last(count);
  std::copy(youngest.begin(), youngest.end(), room.begin());
  from.resize(from.size() - count);
  return count;
}

}  // namespace

CentralList::~CentralList() {
  trim();
  trim();
}

std::size_t CentralList::take_batch(std::span<std::byte*> room) {
  assert(!room.empty());
  const std::size_t taken = take_cached(room);
  assert(taken <= room.size());
  if (taken > 0) return taken;
  room[0] = guard::allocate(capacity_of(index_));
  return 1;
}

void CentralList::give_batch(std::span<std::byte* const> blocks) {
  free_to_system(blocks.subspan(keep_within_bounds(blocks)));
}

void CentralList::trim() {
  Blocks unused;
  {
    const Lock lock(mutex_);
    unused.swap(victim_);
    victim_.swap(primary_);
    counts_.released += unused.size();
  }
  budget_.cancel(unused.size() * capacity_of(index_));
  free_to_system(unused);
}

Stats CentralList::stats() const {
  const Lock lock(mutex_);
  Stats stats = counts_;
  const std::size_t capacity = capacity_of(index_);
  stats.cached_blocks = primary_.size() + victim_.size();
  stats.cached_bytes = stats.cached_blocks * capacity;
  const std::uint64_t here = stats.cached_blocks + counts_.released;
  stats.in_use_bytes =
      (counts_.allocated - std::min(counts_.allocated, here)) * capacity;
  return stats;
}

std::size_t CentralList::take_cached(std::span<std::byte*> room) {
  const Lock lock(mutex_);
  std::size_t taken = move_out(primary_, room);
  taken += move_out(victim_, room.subspan(taken));
  ++(taken > 0 ? counts_.refills : counts_.allocated);
  budget_.cancel(taken * capacity_of(index_));
  return taken;
}

// Puts the first of `blocks` into this list, as many as central_limit() and the
// budget of all lists allow, and returns how many. The caller then gives the
// other blocks to the system.
std::size_t CentralList::keep_within_bounds(
    std::span<std::byte* const> blocks) {
  const Lock lock(mutex_);
  const std::size_t cached = primary_.size() + victim_.size();
  assert(cached <= central_limit(index_));
  const std::size_t wanted =
      std::min(blocks.size(), central_limit(index_) - cached);
  const std::size_t kept = budget_.reserve(wanted, capacity_of(index_));
  const auto kept_blocks = blocks.first(kept);
  primary_.insert(primary_.end(), kept_blocks.begin(), kept_blocks.end());
  ++counts_.spills;
  counts_.released += blocks.size() - kept;
  return kept;
}

void CentralList::free_to_system(std::span<std::byte* const> blocks) const {
  for (std::byte* const block : blocks) {
    guard::deallocate(block, capacity_of(index_));
  }
}

}  // namespace netpoll::mcache
