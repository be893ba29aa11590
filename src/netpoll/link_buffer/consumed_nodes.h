// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a reader has consumed and still holds, taken out of its LinkBuffer.
//
//    before    head_ --> [ node ] --> [ node ] --> [ read_node_ ] --> …
//    after     first_ --> [ node ] --> [ node ]    head_, read_node_ --> …
//
// The destructor gives the memory back: pooled blocks go to mcache, and each
// lent block of which nothing else holds a Ref runs its done(). That is the
// user's function, so a thread that holds a mutex takes the nodes out under the
// mutex and destroys them after it has unlocked:
//
//    ConsumedNodes consumed;
//    {
//      const Lock lock(mutex_);
//      consumed = buffer_.take_consumed_nodes();
//    }
//    // Here the destructor of `consumed` runs, without the lock.
//
// Taking and destroying allocate nothing.
// Upstream: UnsafeLinkBuffer.Release (nocopy_linkbuffer.go:207) frees at once.

#include <memory>
#include <utility>

#include "netpoll/base/ref.h"
#include "netpoll/link_buffer/block.h"

namespace netpoll {

struct Node;
class Joined;

class ConsumedNodes {
 public:
  /// Holds nothing. [any]
  ConsumedNodes();
  /// Holds the nodes from `first` to the one before `end`, the copies that were
  /// made for views, and the last node's block; each may be null. [reader]
  ConsumedNodes(Node* first, Node* end, std::unique_ptr<Joined> joined,
                Ref<Block> last_block);
  /// Takes over what `other` holds; `other` holds nothing afterwards. [any]
  ConsumedNodes(ConsumedNodes&& other) noexcept;
  /// Takes over what `other` holds, and gives back what this object held. [any]
  ConsumedNodes& operator=(ConsumedNodes&& other) noexcept;
  /// Gives everything back. Runs done() of lent blocks (see Block::lent()), so
  /// call it without a lock. [any]
  ~ConsumedNodes();

  /// Whether the destructor has nothing to give back. [any]
  bool is_empty() const {
    return first_ == end_ && joined_ == nullptr && !last_block_;
  }

 private:
  // The nodes from first_ to the one before end_. end_ itself belongs to the
  // LinkBuffer, and may be deleted already: it is compared, never followed.
  Node* first_ = nullptr;
  Node* end_ = nullptr;
  std::unique_ptr<Joined> joined_;  // copies that were made for views, or null
  Ref<Block> last_block_;           // of the last node, when all was read
};

}  // namespace netpoll
