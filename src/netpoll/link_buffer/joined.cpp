// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/joined.h"

#include <algorithm>
#include <cassert>

namespace netpoll {
namespace {

// The least size of a block for copies. It has room for many small copies, such
// as a copy of a message header that lies in two nodes.
constexpr std::size_t kBlockSize = 1024;

}  // namespace

std::span<std::byte> Joined::extend(std::uint64_t at, std::size_t n) {
  std::size_t have = covered(at);
  if (have >= n) return {};
  if (have == 0) begin_ = end_;
  if (static_cast<std::size_t>(limit_ - end_) < n - have) {
    // The new block has at least twice the size of the bytes copied so far.
    // With a fixed step instead, a reader that peeks at a growing frame again
    // and again would have the whole frame copied into a new block at each
    // step, and all these blocks are kept until release().
    begin_block(std::max({n, 2 * have, kBlockSize}));
    have = 0;
  }
  if (have == 0) at_ = at;
  const std::span<std::byte> missing(end_, n - have);
  end_ += missing.size();
  assert(end_ <= limit_);
  return missing;
}

// Makes a new block of at least `size` bytes. The window, which is the range of
// copied bytes, is empty then and begins with that block.
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

// How many bytes of the stream, from byte number `at` on, are in the window,
// the range of bytes that have already been copied.
std::size_t Joined::covered(std::uint64_t at) const {
  assert(at >= at_);
  const auto size = static_cast<std::size_t>(end_ - begin_);
  return at - at_ < size ? size - (at - at_) : 0;
}

}  // namespace netpoll
