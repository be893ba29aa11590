// SPDX-License-Identifier: Apache-2.0
//
// What calls of LinkBuffer must not cost. No test here looks at a clock: each
// counts, or takes away what a call must not need.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

// Sees the private nodes.
struct LinkBufferPeer {
  /// Cuts the chain behind the first node. A walk along the uncommitted nodes
  /// then ends at a null link, and the process with it.
  static Node* cut(LinkBuffer& buffer) {
    return buffer.flush_node_->next.exchange(nullptr);
  }
  static void mend(LinkBuffer& buffer, Node* next) {
    buffer.flush_node_->next = next;
  }
  static std::size_t nodes(const LinkBuffer& buffer) {
    std::size_t count = 0;
    for (const Node* node = buffer.head_; node != nullptr; node = node->next)
      ++count;
    return count;
  }
};

namespace {

void write_direct(LinkBuffer& buffer, std::string text, std::size_t remain) {
  ASSERT_FALSE(buffer.write_direct(Block::owned(std::move(text)), remain));
}

class LinkBufferCost : public testing::Test {
 protected:
  // Several nodes that are not committed; the last of them has room.
  void SetUp() override {
    buffer_.write_string("a");
    for (const char* text : {"b", "c", "d"})
      write_direct(buffer_, text, 0);
    chain_ = LinkBufferPeer::cut(buffer_);
    ASSERT_NE(chain_, nullptr);
  }
  std::string all() {
    LinkBufferPeer::mend(buffer_, chain_);
    buffer_.flush();
    return text(buffer_.bytes());
  }

  LinkBuffer buffer_;
  Node* chain_ = nullptr;
};

TEST_F(LinkBufferCost, WriteDirectAtTheEndVisitsNoEarlierNode) {
  write_direct(buffer_, "e", 0);
  write_direct(buffer_, "f", 0);
  EXPECT_EQ(all(), "abcdef");
}

TEST_F(LinkBufferCost, WriteDirectBeforeAFooterVisitsNoEarlierNode) {
  buffer_.write_string("foot");
  write_direct(buffer_, "e", 4);
  write_direct(buffer_, "f", 4);
  write_direct(buffer_, "g", 3);
  EXPECT_EQ(all(), "abcdeffgoot");
}

TEST_F(LinkBufferCost, MallocAckInTheLastNodeVisitsNoEarlierNode) {
  buffer_.write_string("efg");
  ASSERT_FALSE(buffer_.malloc_ack(5));
  ASSERT_FALSE(buffer_.malloc_ack(4));
  buffer_.write_string("h");
  EXPECT_EQ(all(), "abcdh");
}

TEST(LinkBuffer, WriteDirectMakesOneNodeForEachBlock) {
  LinkBuffer buffer;
  buffer.write_string("head");
  buffer.write_string("foot");
  write_direct(buffer, "body", 4);
  const std::size_t before = LinkBufferPeer::nodes(buffer);
  for (int i = 0; i < 100; ++i)
    write_direct(buffer, "body", 4);
  EXPECT_EQ(LinkBufferPeer::nodes(buffer), before + 100);
  for (int i = 0; i < 100; ++i)
    write_direct(buffer, "body", 0);
  EXPECT_EQ(LinkBufferPeer::nodes(buffer), before + 201);  // once a rest
}

// Beyond 8 MiB mcache does not round up, so that nothing else doubles here.
TEST(LinkBuffer, GrowingPeekMovesTheFrameToFewBlocks) {
  constexpr std::size_t kFrame = std::size_t{8} << 20;
  LinkBuffer buffer;
  put(buffer, std::string(kFrame, 'x'));
  std::set<const std::byte*> places;
  for (std::size_t i = 1; i <= 200; ++i) {
    put_node(buffer, "y");
    const auto frame = buffer.peek(buffer.size());
    ASSERT_EQ(frame->size(), kFrame + i);
    ASSERT_EQ(frame->back(), std::byte{'y'});
    places.insert(frame->data());
  }
  EXPECT_LE(places.size(), 2U);
}

TEST(LinkBuffer, GrowingPeekFromTheStartCopiesToLogarithmicallyManyBlocks) {
  LinkBuffer buffer;
  std::set<const std::byte*> places;
  for (std::size_t i = 1; i <= 4096; ++i) {
    put_node(buffer, "0123456789");
    places.insert(buffer.peek(buffer.size())->data());
  }
  EXPECT_LE(places.size(), 8U);  // 1 KiB, 2 KiB … 64 KiB, and the first node
}

}  // namespace
}  // namespace netpoll
