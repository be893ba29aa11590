// SPDX-License-Identifier: Apache-2.0
#pragma once

// A piece of memory that several nodes share. The last Ref to it frees it.
//
//    LinkBuffer's node --Ref--\                  /--> from mcache   (pooled)
//    another node      --Ref---> Block {bytes} -<---> moved in      (owned)
//    a Slice's node    --Ref--/                  \--> a lender's, whose done()
//                                                     is called     (lent)
//
// A Block does not know which of its bytes are written, nor which thread may
// read them: LinkBuffer knows both.
//
// Unlike upstream: the memory has the reference count, not the list node. There
// a node that WriteDirect splits hands its memory to a later node, and a Slice
// of the earlier half reads that memory after it was freed:
// UnsafeLinkBuffer.WriteDirect, nocopy_linkbuffer.go:515.
// Upstream: linkBufferNode, nocopy_linkbuffer.go:806.

#include <cassert>
#include <cstddef>
#include <functional>
#include <ranges>
#include <span>
#include <utility>

#include "netpoll/base/ref.h"

namespace netpoll {

class Block : public RefCounted<Block> {
 public:
  virtual ~Block() = default;

  /// All bytes of the block's memory, written or not; valid as long as a Ref
  /// holds the block. [any]
  std::span<std::byte> bytes() const { return bytes_; }

  /// The number of bytes from `pos` to the end of the block. Requires: `pos`
  /// points into bytes(), or to their end. [any]
  std::size_t bytes_behind(const std::byte* pos) const {
    const std::byte* const end = bytes_.data() + bytes_.size();
    assert(bytes_.data() <= pos && pos <= end);
    return static_cast<std::size_t>(end - pos);
  }

  /// Makes a block of at least `size` uninitialised bytes from mcache. [any]
  static Ref<Block> pooled(std::size_t size);

  /// Makes a block of the bytes of a std::string, a std::vector or another
  /// container. The container is moved into the block. [any]
  template <std::ranges::contiguous_range Container>
  static Ref<Block> owned(Container container);

  /// Makes a block of `bytes`. The caller goes on owning this memory, and must
  /// not change or free it before the library has called `done`. `done` may be
  /// null, for memory that lives as long as the program. The library calls
  /// `done` once, when the last Ref to the block is destroyed, on the thread
  /// that does this: a poller's, a worker's or a user's. No lock of the library
  /// is held then, so `done` may call every [any] function of a connection,
  /// also close(). It must not block (the thread may be a poller's) and should
  /// not throw: an exception is caught and logged. [any]
  static Ref<Block> lent(std::span<std::byte> bytes,
                         std::move_only_function<void()> done);

 protected:
  explicit Block(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;  // constant after construction
};

/// The block that Block::owned() makes; no other code names it.
template <class Container>
class OwnedBlock final : public Block {
 public:
  explicit OwnedBlock(Container container)
      : Block({}), container_(std::move(container)) {
    // Set only after the container was moved: the bytes of a short string lie
    // inside the string object, so the move has changed their address.
    bytes_ = std::as_writable_bytes(std::span(container_));
  }

 private:
  Container container_;
};

template <std::ranges::contiguous_range Container>
Ref<Block> Block::owned(Container container) {
  return make_ref<OwnedBlock<Container>>(std::move(container));
}

}  // namespace netpoll
