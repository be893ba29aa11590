// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/node.h"

#include <bit>

#include "netpoll/mcache/mcache.h"

namespace netpoll {

void* Node::operator new(std::size_t size) {
  assert(size == sizeof(Node));
  return mcache::malloc(size).base;
}

void Node::operator delete(void* node) {
  mcache::free({static_cast<std::byte*>(node), std::bit_ceil(sizeof(Node))});
}

void delete_nodes(Node* first, const Node* end) {
  while (first != end) {
    assert(first != nullptr);  // `end` is in the chain, or null
    // relaxed: no other thread uses these nodes.
    delete std::exchange(first, first->next.load(std::memory_order_relaxed));
  }
}

}  // namespace netpoll
