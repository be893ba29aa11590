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
  /// Holds the nodes from `first` to the one before `end`; none if both are the
  /// same. Also holds `joined`, the copies that were made for views, and
  /// `last_block`, the block of the buffer's last node; each of these two may
  /// be null. [reader]
  ConsumedNodes(Node* first, Node* end, std::unique_ptr<Joined> joined,
                Ref<Block> last_block);
  /// Takes over what `other` holds; `other` holds nothing afterwards. [any]
  ConsumedNodes(ConsumedNodes&& other) noexcept;
  /// Takes over what `other` holds, and frees what this object held, as the
  /// destructor does. [any]
  ConsumedNodes& operator=(ConsumedNodes&& other) noexcept;
  /// Frees all that this object holds. This may run the user's function done()
  /// of a lent block (see Block::lent()), so hold no lock meanwhile. [any]
  ~ConsumedNodes();

  /// Whether this object holds nothing that the destructor would free. [any]
  bool is_empty() const {
    return first_ == end_ && joined_ == nullptr && !last_block_;
  }

 private:
  // The first node that this object holds; none if first_ is end_.
  Node* first_ = nullptr;
  // The node behind the last one that this object holds. It belongs to the
  // LinkBuffer and may be deleted already: it is compared, never followed.
  Node* end_ = nullptr;
  std::unique_ptr<Joined> joined_;  // copies that were made for views, or null
  // The block of the LinkBuffer's last node, if all bytes were read; or null.
  Ref<Block> last_block_;
};

}  // namespace netpoll
