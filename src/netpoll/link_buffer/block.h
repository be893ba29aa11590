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

  /// All of the memory, written or not; valid as long as a Ref holds the block.
  /// [any]
  std::span<std::byte> bytes() const { return bytes_; }

  /// How many bytes lie behind `pos`. Requires: `pos` points into bytes(), or
  /// to their end. [any]
  std::size_t bytes_behind(const std::byte* pos) const {
    const std::byte* const end = bytes_.data() + bytes_.size();
    assert(bytes_.data() <= pos && pos <= end);
    return static_cast<std::size_t>(end - pos);
  }

  /// At least `size` uninitialised bytes from mcache. [any]
  static Ref<Block> pooled(std::size_t size);

  /// The bytes of a std::string, a std::vector or another container, which is
  /// moved into the block. [any]
  template <std::ranges::contiguous_range Container>
  static Ref<Block> owned(Container container);

  /// Memory that the caller goes on owning and must not change or free before
  /// the library has called `done`. `done` may be null, for memory that lives
  /// as long as the program. The library calls `done` once, when the last Ref
  /// to the block goes, on the thread that held that Ref: a poller's, a
  /// worker's or a user's. No lock of the library is held then, so `done` may
  /// call every [any] function of a connection, also close(). It must not block
  /// (the thread may be a poller's) and should not throw: an exception is
  /// caught and logged. [any]
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
    // After the move: the bytes of a short string lie inside the string object,
    // so they have moved too.
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
