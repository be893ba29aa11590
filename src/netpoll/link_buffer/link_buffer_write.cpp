// SPDX-License-Identifier: Apache-2.0
//
// The writer's half of LinkBuffer. [writer]: one thread at a time, the one that
// mallocs and flushes. It owns flush_node_, write_node_, write_pos_,
// write_limit_ and malloc_size_; of a node it writes reserved and limit, and
// end and next for the reader. The reader goes to a node only when it knows of
// committed bytes there, so all behind flush_node_ is the writer's alone.

#include <algorithm>
#include <cassert>
#include <utility>

#include "netpoll/link_buffer/joined.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

// Begins to write: claims the room that the last block has left.
void LinkBuffer::open() {
  assert(malloc_size_ == 0);
  // relaxed: the writer needs nothing that the reader wrote. An exchange, since
  // exactly one of this and the reader's in give_back() must come first.
  const Tail found = tail_.exchange(Tail::writing, std::memory_order_relaxed);
  if (found == Tail::taken) write_node_->limit = write_pos_;
  write_limit_ = write_node_->limit;
}

// Ends it: without a claim to the room, since the reader may take the block.
void LinkBuffer::park() {
  assert(malloc_size_ == 0);
  write_limit_ = write_pos_;
  // release: pairs with the acquire in give_back().
  tail_.store(Tail::parked, std::memory_order_release);
}

// Makes room() at least n.
void LinkBuffer::grow(std::size_t n) {
  if (malloc_size_ == 0) open();
  if (n <= room()) return;
  link(new Node(Block::pooled(std::max(n, kBlockSize))));
}

// Puts `node` at the end of the chain and goes on writing there.
void LinkBuffer::link(Node* node) {
  write_node_->reserved = write_pos_;
  // relaxed: the reader follows the link only after the next commit.
  write_node_->next.store(node, std::memory_order_relaxed);
  write_node_ = node;
  write_pos_ = node->reserved;
  write_limit_ = node->limit;
}

// Goes back to writing at the end of `node`, and drops all nodes behind it.
// Requires: nothing behind it is committed.
void LinkBuffer::retreat_to(Node* node) {
  // relaxed: links behind flush_node_ are the writer's alone.
  Node* rest = node->next.exchange(nullptr, std::memory_order_relaxed);
  while (rest != nullptr) {
    Node* next = rest->next.load(std::memory_order_relaxed);
    delete rest;
    rest = next;
  }
  write_node_ = node;
  write_pos_ = node->reserved;
  write_limit_ = node->limit;
}

std::error_code LinkBuffer::flush() {
  if (malloc_size_ == 0) return {};
  write_node_->reserved = write_pos_;
  Node* last = flush_node_;
  for (Node* node = flush_node_; node != nullptr;
       node = node->next.load(std::memory_order_relaxed)) {
    if (node->uncommitted() == 0) continue;
    // relaxed: published by the release below.
    node->end.store(node->reserved, std::memory_order_relaxed);
    last = node;
  }
  // An empty node at the end would be out of the reader's reach, and give_back
  // could not find its block.
  if (last != write_node_) retreat_to(last);
  flush_node_ = last;

  // One writer, so load + store. release: pairs with the acquire in
  // committed(); it publishes the bytes, the ends and the links.
  committed_.store(committed_.load(std::memory_order_relaxed) + malloc_size_,
                   std::memory_order_release);
  malloc_size_ = 0;
  park();
  return {};
}

std::error_code LinkBuffer::malloc_ack(std::size_t n) {
  if (n > malloc_size_) return Errc::invalid_argument;
  if (n == malloc_size_) return {};
  write_node_->reserved = write_pos_;
  const auto [node, place] = find_uncommitted(n);
  node->reserved = place;
  retreat_to(node);
  malloc_size_ = n;
  if (n == 0) park();
  return {};
}

void LinkBuffer::write_binary(Bytes bytes) {
  copy_bytes(bytes, malloc(bytes.size()));
}

void LinkBuffer::write_string(std::string_view text) {
  write_binary(as_bytes(text));
}

std::error_code LinkBuffer::write_direct(Ref<Block> block, std::size_t remain) {
  if (remain > malloc_size_) return Errc::invalid_argument;
  const std::span<std::byte> bytes = block->bytes();
  if (bytes.empty()) return {};
  if (malloc_size_ == 0) open();
  write_node_->reserved = write_pos_;
  const auto [node, place] = find_uncommitted(malloc_size_ - remain);
  insert(node, place, new Node(std::move(block), bytes));
  malloc_size_ += bytes.size();
  return {};
}

// Where the byte after the first n uncommitted ones is: its node, and its place
// in it. Requires: n <= malloc_size_, and write_node_->reserved is up to date.
std::pair<Node*, std::byte*> LinkBuffer::find_uncommitted(std::size_t n) const {
  Node* node = flush_node_;
  while (n > node->uncommitted()) {
    n -= node->uncommitted();
    node = node->next.load(std::memory_order_relaxed);
  }
  return {node, node->reserved - (node->uncommitted() - n)};
}

// Cuts `node` in two at `place` and puts `middle` between:
//
//    [ node ........ place ........ ] --> …
//    [ node ] --> [ middle ] --> [ rest ] --> …      node and rest: one Block
void LinkBuffer::insert(Node* node, std::byte* place, Node* middle) {
  Node* next = node->next.load(std::memory_order_relaxed);
  Node* last = middle;
  // Without room behind `place` there is nothing to cut off. This also keeps
  // the hands off a block that the reader has taken: it has no room.
  if (place != node->limit) {
    last = new Node(node->block, {place, node->reserved});
    last->limit = node->limit;
    middle->next.store(last, std::memory_order_relaxed);
    node->reserved = node->limit = place;
  }
  last->next.store(next, std::memory_order_relaxed);
  node->next.store(middle, std::memory_order_relaxed);
  if (write_node_ == node) {
    write_node_ = last;
    write_pos_ = last->reserved;
    write_limit_ = last->limit;
  }
}

void LinkBuffer::append(LinkBuffer&& other) {
  assert(&other != this);
  const std::size_t size = other.refresh() + other.malloc_size_;
  if (size == 0) return;
  other.release();
  other.write_node_->reserved = other.write_pos_;
  // What was committed there is not committed here.
  other.read_node_->begin = other.read_pos_;
  for (Node* node = other.read_node_; node != nullptr;
       node = node->next.load(std::memory_order_relaxed)) {
    node->end.store(node->begin, std::memory_order_relaxed);
  }
  if (malloc_size_ == 0) open();
  link(other.read_node_);
  write_node_ = other.write_node_;
  write_pos_ = other.write_node_->reserved;
  write_limit_ = other.write_node_->limit;
  malloc_size_ += size;
  other.forget();
}

// Begins anew, as if just made: the nodes belong to somebody else.
void LinkBuffer::forget() {
  flush_node_ = write_node_ = head_ = read_node_ = new Node;
  write_pos_ = write_limit_ = read_pos_ = read_end_ = nullptr;
  malloc_size_ = 0;
  // relaxed: no other thread is inside a call.
  consumed_.store(committed_.load(std::memory_order_relaxed),
                  std::memory_order_relaxed);
  tail_.store(Tail::parked, std::memory_order_relaxed);
}

}  // namespace netpoll
