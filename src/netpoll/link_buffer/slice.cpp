// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/slice.h"

#include <algorithm>

#include "netpoll/link_buffer/joined.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

Slice::Slice(Pieces unread, std::size_t n) {
  assert(n <= unread.unread);
  while (malloc_size() < n) {
    const std::span<std::byte> piece = unread.next();
    const std::size_t taken = std::min(piece.size(), n - malloc_size());
    write_shared(unread.node->block, piece.first(taken));
  }
  static_cast<void>(flush());  // cannot fail
}

}  // namespace netpoll
