// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/joined.h"

#include <algorithm>
#include <cassert>

namespace netpoll {
namespace {

// Room for many small joins, such as a header that lies in two nodes.
constexpr std::size_t kBlockSize = 1024;

}  // namespace

std::span<std::byte> Joined::extend(std::uint64_t at, std::size_t n) {
  std::size_t have = covered(at);
  if (have >= n) return {};
  if (have == 0) begin_ = end_;
  if (static_cast<std::size_t>(limit_ - end_) < n - have) {
    // Twice the window, not only n: with a fixed step, a frame that is peeked
    // at again after each byte would be copied and kept once for each step.
    begin_block(std::max({n, 2 * have, kBlockSize}));
    have = 0;
  }
  if (have == 0) at_ = at;
  const std::span<std::byte> missing(end_, n - have);
  end_ += missing.size();
  assert(end_ <= limit_);
  return missing;
}

// Begins an empty window in a new block.
void Joined::begin_block(std::size_t size) {
  blocks_.push_back(Block::pooled(size));
  const std::span<std::byte> memory = blocks_.back()->bytes();
  assert(memory.size() >= size);
  begin_ = end_ = memory.data();
  limit_ = begin_ + memory.size();
}

std::span<const std::byte> Joined::view(std::uint64_t at, std::size_t n) const {
  assert(covered(at) >= n);
  return {begin_ + (at - at_), n};
}

// How many bytes from number `at` on are in the window.
std::size_t Joined::covered(std::uint64_t at) const {
  assert(at >= at_);
  const auto size = static_cast<std::size_t>(end_ - begin_);
  return at - at_ < size ? size - (at - at_) : 0;
}

}  // namespace netpoll
