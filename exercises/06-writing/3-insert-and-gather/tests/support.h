// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of the three functions share.

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

// Sees the private nodes.
struct LinkBufferPeer {
  static std::size_t nodes(const LinkBuffer& buffer) {
    std::size_t count = 0;
    for (const Node* node = buffer.head_; node != nullptr; node = node->next)
      ++count;
    return count;
  }
  static bool is_writing(const LinkBuffer& buffer) {
    return buffer.tail_ == LinkBuffer::Tail::writing;
  }
};

inline void page(LinkBuffer& buffer, const char* text, std::size_t remain = 0) {
  ASSERT_FALSE(buffer.write_direct(Block::owned(std::string(text)), remain));
}

// Counted before anything is read, so that wrong links end here.
inline std::string all(LinkBuffer& buffer) {
  EXPECT_LT(LinkBufferPeer::nodes(buffer), 1000U) << "the chain has no end";
  buffer.flush();
  std::string text;
  std::array<LinkBuffer::Bytes, 16> pieces;
  const std::size_t count = buffer.gather(pieces);
  for (std::size_t i = 0; i < count; ++i)
    text += as_text(pieces.at(i));
  return text;
}

}  // namespace netpoll
