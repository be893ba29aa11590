// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/node.h"

#include <bit>

#include "netpoll/mcache/mcache.h"

namespace netpoll {

void* Node::operator new(std::size_t size) {
  return mcache::malloc(size).base;
}

void Node::operator delete(void* node) {
  mcache::free({static_cast<std::byte*>(node), std::bit_ceil(sizeof(Node))});
}

}  // namespace netpoll
