// SPDX-License-Identifier: Apache-2.0
#pragma once

// Contiguous copies of bytes that lie in several nodes. The copies stay until
// LinkBuffer::release().
//
//    bytes of the stream   ...700              760              800...
//                              |  copied so far  |               |
//                              at_               '- peek(100) at 700 adds these
//
// The copy is a window on the stream: the bytes that one call has copied serve
// the next call too. After peek(60), next(100) copies only the last 40 bytes,
// and skip() after peek() wastes nothing. A window grows only at its end. When
// its block is full, or its bytes are not wanted any more, a new window begins.
// A byte that was copied never moves, so earlier views of it stay valid.
//
// A window that outgrows its block moves on to a block of at least twice the
// window's size. So the blocks of one window together have less than four times
// the window's last size, also when a frame is peeked at again after each byte.
// Unlike upstream, where a larger Peek frees the block of a smaller Peek, which
// an earlier view may still show: nocopy_linkbuffer.go:138
// (UnsafeLinkBuffer.Peek); and where Next makes one more copy of the bytes that
// Peek has copied: :102 (UnsafeLinkBuffer.Next).
// Upstream: nocopy_linkbuffer.go:64 (UnsafeLinkBuffer.caches), :68 (cachePeek).

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "netpoll/base/ref.h"
#include "netpoll/link_buffer/block.h"

namespace netpoll {

class Joined {
 public:
  /// Makes room for a copy of the n bytes of the stream that begin with byte
  /// number `at`. Returns the part of this room that the caller must fill: the
  /// end of the room. The bytes before that part are copied already. Requires:
  /// `at` is not less than in the call before. [reader]
  std::span<std::byte> extend(std::uint64_t at, std::size_t n);

  /// Returns the copy of the n bytes of the stream that begin with byte number
  /// `at`; valid as long as this object. Requires: extend(at, n) was called,
  /// and the caller has filled what that call returned. [reader]
  std::span<const std::byte> view(std::uint64_t at, std::size_t n) const;

 private:
  std::size_t covered(std::uint64_t at) const;
  void begin_block(std::size_t size);

  std::vector<Ref<Block>> blocks_;  // with copies; kept until release()
  // The window is the range of the bytes that were copied last. It lies in the
  // last block. at_ is the number of the window's first byte in the stream.
  std::uint64_t at_ = 0;
  std::byte* begin_ = nullptr;  // the first copied byte of the window
  std::byte* end_ = nullptr;    // behind the last copied byte of the window
  std::byte* limit_ = nullptr;  // the end of the window's block
};

}  // namespace netpoll
