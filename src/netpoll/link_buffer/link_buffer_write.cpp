// SPDX-License-Identifier: Apache-2.0
//
// The writer's half of LinkBuffer. [writer]: one thread at a time, the one that
// mallocs and flushes. The writer owns flush_node_, flush_end_, write_node_,
// write_pos_, room_, may_extend_ and malloc_size_. The reader goes to a
// node only when it knows of committed bytes there, so the writer alone uses
// the nodes behind flush_node_.

#include <algorithm>
#include <cassert>
#include <utility>

#include "netpoll/link_buffer/joined.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

// Begins to write: claims the last block, so that the reader does not take it.
// Its free room is the writer's, unless the reader has taken the block before.
void LinkBuffer::open() {
  assert(malloc_size_ == 0);
  assert(write_node_ == flush_node_);
  // relaxed: the writer needs nothing that the reader wrote. An exchange, since
  // either this or the reader's exchange in take_last_block() must come first.
  const Tail found = tail_.exchange(Tail::writing, std::memory_order_relaxed);
  if (found == Tail::taken) may_extend_ = false;
  flush_end_ = write_pos_;
  if (may_extend_) room_ = write_node_->block->bytes_behind(write_pos_);
}

// Ends writing: gives up the claim to the last block and its free room. From
// now on the reader may take that block.
void LinkBuffer::park() {
  assert(malloc_size_ == 0);
  assert(write_node_ == flush_node_);
  room_ = 0;
  // release: pairs with the acquire in take_last_block(): the reader frees the
  // block only after the writer's last access to it.
  tail_.store(Tail::parked, std::memory_order_release);
}

// Makes room_, the number of free bytes at write_pos_, at least n. Takes a new
// block if the last one has too few.
void LinkBuffer::grow(std::size_t n) {
  if (malloc_size_ == 0) open();
  if (n > room_) {
    link(new Node(Block::pooled(std::max(n, kBlockSize))), true);
  }
  assert(n <= room_);
}

// Puts `node` at the end of the chain; the writer goes on behind its bytes.
// With `may_extend` the writer may fill the rest of the node's block. Requires:
// with `may_extend`, no other node shows bytes of that block.
void LinkBuffer::link(Node* node, bool may_extend) {
  // relaxed: the reader follows the link only after the next commit, whose
  // release publishes it.
  write_node_->end.store(write_pos_, std::memory_order_relaxed);
  write_node_->next.store(node, std::memory_order_relaxed);
  write_node_ = node;
  write_pos_ = node->end.load(std::memory_order_relaxed);
  room_ = may_extend ? node->block->bytes_behind(write_pos_) : 0;
  may_extend_ = may_extend;
}

// Returns the node and the address of the byte behind the first n uncommitted
// bytes. Looks at the last node first: if the byte lies there, as in many
// write_direct() calls in a row, the time does not depend on the number of
// nodes. Requires: n <= malloc_size_.
LinkBuffer::Place LinkBuffer::find_uncommitted(std::size_t n) const {
  assert(n <= malloc_size_);
  const std::size_t behind = malloc_size_ - n;
  std::byte* begin =
      write_node_ == flush_node_ ? flush_end_ : write_node_->begin;
  const std::size_t in_last = Bytes(begin, write_pos_).size();
  // The very beginning of the last node counts only if the writer may extend
  // that node. Otherwise the node would stay without bytes and without room.
  if (n > 0 && (behind < in_last || (behind == in_last && may_extend_))) {
    return {write_node_, write_pos_ - behind};
  }
  Node* node = flush_node_;
  begin = flush_end_;
  for (;;) {
    // relaxed: the writer reads its own stores.
    std::byte* const end = node == write_node_
                               ? write_pos_
                               : node->end.load(std::memory_order_relaxed);
    const std::size_t size = Bytes(begin, end).size();
    if (n <= size) return {node, begin + n};
    n -= size;
    node = node->next.load(std::memory_order_relaxed);
    assert(node != nullptr);  // n is not above the sum over all nodes
    begin = node->begin;
  }
}

// Lets the writer go on at `place`, and takes the nodes behind the node of
// `place` out of the chain; returns the first of them. The caller deletes them
// when the state of the buffer is consistent again, because this may run done()
// of a lent block, and done() may call this buffer. Requires: no byte behind
// `place` is committed.
Node* LinkBuffer::cut_behind(Place place) {
  const auto [node, pos] = place;
  // The writer may extend only the last node. Behind an earlier node the rest
  // of the block may be shown by a later node, or the block may belong to a
  // caller of write_direct().
  if (node != write_node_) may_extend_ = false;
  room_ = may_extend_ ? room_ + Bytes(pos, write_pos_).size() : 0;
  write_node_ = node;
  write_pos_ = pos;
  // relaxed: the writer alone uses the links behind flush_node_. An exchange in
  // place of load and store would cost more.
  Node* const cut = write_node_->next.load(std::memory_order_relaxed);
  write_node_->next.store(nullptr, std::memory_order_relaxed);
  return cut;
}

std::error_code LinkBuffer::flush() {
  if (malloc_size_ == 0) return {};
  write_node_->end.store(write_pos_, std::memory_order_relaxed);
  Node* dropped = nullptr;
  if (write_node_ != flush_node_ && write_node_->begin == write_pos_) {
    // The last node is empty. The reader never goes to an empty node at the
    // end, so it could not free that node's block. So the writer goes back to
    // the last node with bytes, and drops the nodes behind it.
    Node* last = flush_node_;
    for (Node* node = last->next.load(std::memory_order_relaxed);
         node != nullptr; node = node->next.load(std::memory_order_relaxed)) {
      if (node->end.load(std::memory_order_relaxed) != node->begin) last = node;
    }
    dropped = cut_behind({last, last->end.load(std::memory_order_relaxed)});
  }
  flush_node_ = write_node_;
  // The writer alone writes committed_, so load + store. release: pairs with
  // the acquire in committed() and refresh(): it publishes the bytes, the ends
  // and the links, which were stored relaxed.
  committed_.store(committed_.load(std::memory_order_relaxed) + malloc_size_,
                   std::memory_order_release);
  malloc_size_ = 0;
  park();
  if (dropped != nullptr) delete_nodes(dropped, nullptr);
  return {};
}

// Keeps the first n uncommitted bytes and drops the others.
// Unlike upstream, which dereferences nil when n is too large, and which loses
// bytes that it should keep after a WriteDirect (#393):
// UnsafeLinkBuffer.MallocAck, nocopy_linkbuffer.go:388.
std::error_code LinkBuffer::malloc_ack(std::size_t n) {
  if (n > malloc_size_) return Errc::invalid_argument;
  if (n == malloc_size_) return {};
  Node* const dropped = cut_behind(find_uncommitted(n));
  malloc_size_ = n;
  if (n == 0) park();
  if (dropped != nullptr) delete_nodes(dropped, nullptr);
  return {};
}

std::error_code LinkBuffer::write_direct(Ref<Block> block, std::size_t remain) {
  if (remain > malloc_size_) return Errc::invalid_argument;
  const std::size_t size = block->bytes().size();
  if (size == 0) return {};
  if (malloc_size_ == 0) open();
  insert(find_uncommitted(malloc_size_ - remain), std::move(block));
  malloc_size_ += size;
  return {};
}

void LinkBuffer::write_shared(Ref<Block> block, std::span<std::byte> part) {
  if (part.empty()) return;
  if (malloc_size_ == 0) open();
  link(new Node(std::move(block), part), false);
  malloc_size_ += part.size();
}

// Cuts the node of `place` in two and puts a node for `block` between the
// halves:
//
//    [ node ........ place ........ ] --> …
//    [ node ] --> [ middle ] --> [ rest ] --> …      node and rest: one Block
void LinkBuffer::insert(Place place, Ref<Block> block) {
  const auto [node, pos] = place;
  const bool is_last = node == write_node_;
  if (is_last) node->end.store(write_pos_, std::memory_order_relaxed);
  std::byte* const end = node->end.load(std::memory_order_relaxed);

  Node* next = node->next.load(std::memory_order_relaxed);
  Node* rest = nullptr;
  // A node for the rest is needed only if bytes or free room lie behind
  // `place`. In a block that the reader has taken room_ is 0, so the writer
  // makes no such node for it.
  if (pos != end || (is_last && room_ > 0)) {
    rest = new Node(node->block, {pos, end});
    rest->next.store(std::exchange(next, rest), std::memory_order_relaxed);
  }
  // If the node has no bytes before `place`, it becomes the middle node itself;
  // otherwise each insertion at this place would leave an empty node. But
  // flush_node_ stays as it is: the reader may be using it.
  Node* middle = node;
  if (pos != node->begin || node == flush_node_) {
    middle = new Node;
    node->end.store(pos, std::memory_order_relaxed);
    node->next.store(middle, std::memory_order_relaxed);
  }
  assert(middle != node || rest != nullptr);  // else the old block is lost
  middle->show(std::move(block));
  middle->next.store(next, std::memory_order_relaxed);
  if (!is_last) return;
  write_node_ = rest != nullptr ? rest : middle;
  if (rest != nullptr) return;  // write_pos_ and room_ do not change
  write_pos_ = middle->end.load(std::memory_order_relaxed);
  room_ = 0;
  may_extend_ = false;
}

// Moves the nodes of `other` behind the nodes of this buffer. Unlike upstream,
// where flushed bytes of the other buffer are readable at once, the reader sees
// all moved bytes only after flush().
void LinkBuffer::append(LinkBuffer&& other) {
  assert(&other != this);
  if (other.refresh() + other.malloc_size_ == 0) return;
  other.release();
  if (other.malloc_size_ == 0) other.open();
  // The first unread byte of `other` becomes the first byte of its node, so
  // that the consumed bytes before it are left out.
  other.read_node_->begin = other.read_pos_;
  if (malloc_size_ == 0) open();
  write_node_->end.store(write_pos_, std::memory_order_relaxed);
  write_node_->next.store(other.read_node_, std::memory_order_relaxed);
  write_node_ = other.write_node_;
  write_pos_ = other.write_pos_;
  room_ = other.room_;
  may_extend_ = other.may_extend_;
  malloc_size_ += other.refresh() + other.malloc_size_;
  // The nodes belong to this buffer now. `other` gets one empty node, like a
  // new LinkBuffer.
  Node* const empty = new Node;
  other.flush_node_ = other.write_node_ = empty;
  other.head_ = other.read_node_ = empty;
  other.write_pos_ = other.read_pos_ = nullptr;
  other.room_ = other.left_ = other.malloc_size_ = 0;
  other.may_extend_ = false;
  // relaxed, for both counters: no other thread uses `other` during this call.
  other.consumed_.store(other.committed_.load(std::memory_order_relaxed),
                        std::memory_order_relaxed);
  other.tail_.store(Tail::taken, std::memory_order_relaxed);
}

}  // namespace netpoll
