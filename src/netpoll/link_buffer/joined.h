// SPDX-License-Identifier: Apache-2.0
#pragma once

// Contiguous copies of bytes that lie in several nodes, kept until release().
//
//    bytes of the stream   ...700              760              800...
//                              |  joined here  |                 |
//                              at              '-- peek(100) at 700 adds these
//
// The copy is a window on the stream, so what one call has copied serves the
// next: peek(60), then next(100) copies 60 bytes and then 40, and skip() after
// peek() wastes nothing. A window only grows at its end, or a new one begins
// behind it or in a new block; bytes once copied never move, and views of them
// live on. A block's capacity is a power of two, so windows that grow byte by
// byte keep at most twice the largest.
// Unlike upstream: one block that a larger peek frees under the feet of an
// earlier view, and another copy for each Next.
// Upstream: nocopy_linkbuffer.go:63 (caches, cachePeek).

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "netpoll/base/ref.h"
#include "netpoll/link_buffer/block.h"

namespace netpoll {

class Joined {
 public:
  /// Makes place for n bytes from `at` of the stream on. Returns where the last
  /// of them go: those that no earlier call has copied. Requires: `at` is not
  /// less than in the call before. [reader]
  std::span<std::byte> extend(std::uint64_t at, std::size_t n);

  /// The n bytes from `at` on. Requires: extend(at, n), and what it returned
  /// is filled. [reader]
  std::span<const std::byte> view(std::uint64_t at, std::size_t n) const;

 private:
  std::size_t covered(std::uint64_t at) const;

  std::vector<Ref<Block>> blocks_;  // held until release() of the LinkBuffer
  // The window, in the last block.
  std::uint64_t at_ = 0;  // the first byte's place in the stream
  std::byte* begin_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* limit_ = nullptr;  // of the block
};

}  // namespace netpoll
