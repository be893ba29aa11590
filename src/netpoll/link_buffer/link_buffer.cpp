// SPDX-License-Identifier: Apache-2.0
//
// What belongs to neither half of LinkBuffer. [any]

#include "netpoll/link_buffer/link_buffer.h"

#include "netpoll/link_buffer/joined.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

LinkBuffer::LinkBuffer()
    : flush_node_(new Node),
      write_node_(flush_node_),
      head_(flush_node_),
      read_node_(flush_node_) {}

LinkBuffer::~LinkBuffer() {
  while (head_ != nullptr) {
    // relaxed: no other thread is left.
    Node* next = head_->next.load(std::memory_order_relaxed);
    delete head_;
    head_ = next;
  }
}

std::size_t LinkBuffer::size() const {
  // consumed_ first. The other way round the reader could consume, between the
  // two loads, what was committed there too, and the difference be negative.
  // acquire: pairs with the release in consume(): who sees a byte consumed must
  // see it committed, as the reader did.
  const std::uint64_t consumed = consumed_.load(std::memory_order_acquire);
  return committed() - consumed;
}

}  // namespace netpoll
