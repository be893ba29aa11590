// SPDX-License-Identifier: Apache-2.0
#pragma once

// A link of LinkBuffer's chain: a window on a Block.
//
//         begin           end            reserved          limit
//    ------|===============|================|----------------|-----  Block
//          |  committed    |  malloc'ed,    |  room for the  |
//          |               |  not committed |  next malloc   |
//
// Several nodes may have windows on one Block: write_direct() splits a node in
// two, a Slice has nodes of its own. The reader's position is not in here but
// in LinkBuffer, so that reader and writer do not write to one cache line.
// Upstream: nocopy_linkbuffer.go:808 (linkBufferNode).

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <utility>

#include "netpoll/link_buffer/block.h"

namespace netpoll {

struct Node {
  /// A node without memory: what an empty buffer is left with.
  Node() = default;
  /// All of `memory`, with nothing written so far.
  explicit Node(Ref<Block> memory)
      : begin(memory->bytes().data()),
        reserved(begin),
        limit(begin + memory->bytes().size()),
        end(begin),
        block(std::move(memory)) {}
  /// `written` bytes of `memory`, and no room behind them.
  Node(Ref<Block> memory, std::span<std::byte> written)
      : begin(written.data()),
        reserved(begin + written.size()),
        limit(reserved),
        end(begin),
        block(std::move(memory)) {}

  static void* operator new(std::size_t size);
  static void operator delete(void* node);

  /// Bytes malloc'ed since the last commit. [writer]
  std::size_t uncommitted() const {
    // relaxed: the writer reads what it stored itself.
    return static_cast<std::size_t>(reserved -
                                    end.load(std::memory_order_relaxed));
  }

  // Constant once the node is in the chain.
  std::byte* begin = nullptr;
  // The writer's.
  std::byte* reserved = nullptr;
  std::byte* limit = nullptr;
  // Written by the writer, read by the reader. Both relaxed everywhere: the
  // reader looks at them after its acquire of LinkBuffer::committed_, and uses
  // no byte and no link beyond what that told it.
  std::atomic<std::byte*> end = nullptr;
  std::atomic<Node*> next = nullptr;
  // Set before the node is in the chain; dropped with the node, or earlier by
  // the reader who has emptied it and taken it (LinkBuffer::give_back).
  Ref<Block> block;
};

/// Steps through the committed bytes of a chain, node by node. [reader]
class Pieces {
 public:
  /// Requires: `unread` bytes are known to be committed from `pos` in `node`.
  Pieces(const Node* node, std::byte* pos, std::size_t unread)
      : node_(node), pos_(pos), unread_(unread) {}

  /// The next piece, never empty until there is none any more.
  std::span<std::byte> next() {
    if (unread_ == 0) return {};
    std::byte* end = node_->end.load(std::memory_order_relaxed);
    while (pos_ == end) {
      node_ = node_->next.load(std::memory_order_relaxed);
      pos_ = node_->begin;
      end = node_->end.load(std::memory_order_relaxed);
    }
    // The end may be newer than what the caller knows to be committed.
    const std::span piece(pos_, std::min(std::span(pos_, end).size(), unread_));
    pos_ += piece.size();
    unread_ -= piece.size();
    return piece;
  }
  /// The memory that holds the piece next() has just returned.
  const Ref<Block>& block() const { return node_->block; }

 private:
  const Node* node_;
  std::byte* pos_;
  std::size_t unread_;
};

}  // namespace netpoll
