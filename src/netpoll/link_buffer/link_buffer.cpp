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
  delete_nodes(head_, nullptr);
}

std::size_t LinkBuffer::size() const {
  // consumed_ is read first. In the other order the writer could commit bytes
  // between the two loads, and the reader consume them, and the difference
  // would be negative. acquire: pairs with the release in consume(): a thread
  // that sees a byte consumed must see it committed.
  const std::uint64_t consumed = consumed_.load(std::memory_order_acquire);
  const std::uint64_t committed = committed_.load(std::memory_order_acquire);
  assert(committed >= consumed);
  return committed - consumed;
}

}  // namespace netpoll
