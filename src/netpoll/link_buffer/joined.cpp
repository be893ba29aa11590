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
  if (have == 0) {
    at_ = at;
    begin_ = end_;
  }
  if (std::span(end_, limit_).size() < n - have) {
    blocks_.push_back(Block::pooled(std::max(n, kBlockSize)));
    const std::span<std::byte> memory = blocks_.back()->bytes();
    at_ = at;
    begin_ = end_ = memory.data();
    limit_ = begin_ + memory.size();
    have = 0;
  }
  const std::span<std::byte> missing(end_, n - have);
  end_ += missing.size();
  return missing;
}

std::span<const std::byte> Joined::view(std::uint64_t at, std::size_t n) const {
  assert(covered(at) >= n);
  return {begin_ + (at - at_), n};
}

// How many bytes from `at` on are in the window.
std::size_t Joined::covered(std::uint64_t at) const {
  assert(at >= at_);
  const std::size_t size = std::span(begin_, end_).size();
  return at - at_ < size ? size - (at - at_) : 0;
}

}  // namespace netpoll
