// SPDX-License-Identifier: Apache-2.0
#pragma once

// A node of LinkBuffer's chain: a window on a Block.
//
//         begin                          end
//    ------|==============================|----------------  Block
//          |  bytes that were malloc'ed   |
//
// The writer moves `end`. How many of the bytes before `end` are committed is
// not written here: the reader learns it from LinkBuffer::committed_. Several
// nodes may have windows on one Block: write_direct() splits a node in two, and
// a Slice has nodes of its own. The reader's position is a field of LinkBuffer
// and not of Node, so that reader and writer do not write to one cache line. A
// node has 32 bytes, since an idle connection keeps two of them.
// Upstream: nocopy_linkbuffer.go:806 (linkBufferNode).

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <span>
#include <utility>

#include "netpoll/link_buffer/block.h"

namespace netpoll {

struct Node {
  /// A node without memory. A new LinkBuffer has one such node and no other.
  Node() = default;
  /// An empty window at the beginning of `memory`, which the writer will fill.
  /// [writer]
  explicit Node(Ref<Block> memory)
      : begin(memory->bytes().data()), end(begin), block(std::move(memory)) {}
  /// A window on the bytes `written`, a part of `memory`. [writer]
  Node(Ref<Block> memory, std::span<std::byte> written)
      : begin(written.data()),
        end(begin + written.size()),
        block(std::move(memory)) {}
  /// Makes the node a window on the whole of `memory`. Requires: no byte of the
  /// node is committed. [writer]
  void show(Ref<Block> memory) {
    const std::span<std::byte> bytes = memory->bytes();
    begin = bytes.data();
    end.store(begin + bytes.size(), std::memory_order_relaxed);
    block = std::move(memory);
  }

  /// Nodes come from mcache, a pool made for memory that one thread allocates
  /// and another thread frees. [any]
  static void* operator new(std::size_t size);
  static void operator delete(void* node);

  // The first byte of the node. Once bytes of the node are committed, only
  // LinkBuffer::append() changes it, when no other thread uses the node.
  std::byte* begin = nullptr;
  // The end of the node's bytes. The writer writes it, and the reader reads it.
  // All accesses are relaxed: the reader reads it after its acquire of
  // LinkBuffer::committed_, and uses no byte beyond the number of bytes that
  // this counter has given. In the last node `end` may be out of date: the
  // writer keeps the end in LinkBuffer::write_pos_ until it leaves the node or
  // flushes.
  std::atomic<std::byte*> end = nullptr;
  // The next node of the chain, or null. All accesses are relaxed: the reader
  // follows a link only when its acquire of LinkBuffer::committed_ has shown
  // that committed bytes lie behind the link.
  std::atomic<Node*> next = nullptr;
  // The memory that the node shows, or null. Constant once bytes of the node
  // are committed, until LinkBuffer::take_last_block() takes it.
  Ref<Block> block;
};

static_assert(sizeof(Node) == 32);

/// Deletes the nodes of a chain from `first` to the one before `end`. May run
/// done() of lent blocks, which may call back into the caller's object: so that
/// object must be in a consistent state before the call.
/// Requires: no other thread uses these nodes. [any]
void delete_nodes(Node* first, const Node* end);

/// Steps through committed bytes of a chain, node by node. [reader]
struct Pieces {
  /// Returns the next piece, the unread bytes of one node; never empty.
  /// Requires: unread > 0. [reader]
  std::span<std::byte> next() {
    assert(unread > 0);
    std::byte* end = node->end.load(std::memory_order_relaxed);
    while (pos == end) {
      node = node->next.load(std::memory_order_relaxed);
      assert(node != nullptr);  // unread bytes lie in some node
      pos = node->begin;
      end = node->end.load(std::memory_order_relaxed);
    }
    // `end` may lie behind the committed bytes: LinkBuffer::malloc() moves it.
    const std::size_t size =
        std::min(static_cast<std::size_t>(end - pos), unread);
    unread -= size;
    return {std::exchange(pos, pos + size), size};
  }

  const Node* node;    // holds the piece that next() has just returned
  std::byte* pos;      // the byte behind the piece that next() has returned
  std::size_t unread;  // bytes from `pos` on that the reader saw committed
};

}  // namespace netpoll
