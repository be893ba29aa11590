// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/consumed_nodes.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <utility>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

std::array<std::byte, 4> lent_memory{};

// Writes four lent bytes in a node of their own; `done` runs when the library
// has no more use for them.
void put_lent(LinkBuffer& buffer, std::move_only_function<void()> done) {
  EXPECT_FALSE(buffer.write_direct(Block::lent(lent_memory, std::move(done))));
  EXPECT_FALSE(buffer.flush());
}

TEST(ConsumedNodes, NothingConsumedIsNothingTaken) {
  LinkBuffer buffer;
  EXPECT_TRUE(ConsumedNodes().is_empty());
  EXPECT_TRUE(buffer.take_consumed_nodes().is_empty());
}

TEST(ConsumedNodes, UnreadBytesStayInTheBuffer) {
  LinkBuffer buffer;
  put_node(buffer, "abcd");
  put_node(buffer, "efgh");
  ASSERT_FALSE(buffer.skip(5));
  EXPECT_FALSE(buffer.take_consumed_nodes().is_empty());
  EXPECT_EQ(text(buffer.next(3)), "fgh");
}

TEST(ConsumedNodes, DoneRunsWhenTheyAreDestroyedAndNotWhenTheyAreTaken) {
  int done = 0;
  LinkBuffer buffer;
  for (int i = 0; i < 3; ++i)
    put_lent(buffer, [&] { ++done; });
  ASSERT_FALSE(buffer.skip(12));
  {
    const ConsumedNodes consumed = buffer.take_consumed_nodes();
    EXPECT_FALSE(consumed.is_empty());
    EXPECT_EQ(done, 0);
    buffer.release();  // has nothing left to free
    EXPECT_EQ(done, 0);
  }
  EXPECT_EQ(done, 3);
}

TEST(ConsumedNodes, MayOutliveTheBufferTheyCameFrom) {
  int done = 0;
  ConsumedNodes consumed;
  {
    LinkBuffer buffer;
    put_lent(buffer, [&] { ++done; });
    put_lent(buffer, [&] { ++done; });
    ASSERT_FALSE(buffer.skip(4));
    consumed = buffer.take_consumed_nodes();
    EXPECT_EQ(done, 0);
  }
  EXPECT_EQ(done, 1);  // the one that was unread went with the buffer
  consumed = ConsumedNodes();
  EXPECT_EQ(done, 2);
}

TEST(ConsumedNodes, JoinedCopiesGoWithThem) {
  LinkBuffer buffer;
  put_node(buffer, "abc");
  put_node(buffer, "def");
  const auto view = buffer.next(6);
  const ConsumedNodes consumed = buffer.take_consumed_nodes();
  EXPECT_EQ(text(view), "abcdef");  // alive as long as `consumed` is
}

TEST(ConsumedNodes, BufferCanBeUsedInDone) {
  std::string seen;
  LinkBuffer buffer;
  put_lent(buffer, [&] {
    buffer.release();
    seen += text(buffer.next(1));
    put(buffer, "d");
  });
  put_node(buffer, "abc");
  ASSERT_FALSE(buffer.skip(4));
  buffer.release();  // reads on in the midst of it
  EXPECT_EQ(seen, "a");
  EXPECT_EQ(text(buffer.next(3)), "bcd");
}

}  // namespace
}  // namespace netpoll
