// SPDX-License-Identifier: Apache-2.0
//
// Output of several blocks: how many of them, and how much of them, one
// sendmsg(2) is given.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "netpoll/connection/output.h"
#include "poller/support.h"
#include "support/net.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

class OutputPiecesTest : public PollerTest {
 protected:
  static void append(Output& output, std::string block) {
    EXPECT_FALSE(output.write_direct(Block::owned(std::move(block))));
  }

  Lifecycle life{false};
  Activity activity;
  Mutex mutex;
};

// More blocks than one call takes, and few bytes. For AddressSanitizer: broken
// variant: cut() looks at a block behind the last one.
TEST_F(OutputPiecesTest, AllOfManyAreSentInOrder) {
  Output output(life, *poller, *op, activity, mutex, [](FdOperator&) {});
  std::string all;
  for (int i = 0; i < 100; ++i) {
    append(output, std::to_string(i) + ' ');
    all += std::to_string(i) + ' ';
  }
  EXPECT_FALSE(output.flush());
  EXPECT_EQ(test::receive(pair.far.get(), all.size()), all);
  EXPECT_TRUE(output.is_empty());
}

// Over TCP, as a unix socket takes less. The first three blocks fill a part of
// the turn, and the fourth is more than a turn. Broken variants: cut() does not
// count one of the blocks; it looks only at the first one.
TEST_F(OutputPiecesTest, ManyAreOneTurnOfAMebibyte) {
  constexpr std::uint64_t kMost = 1 << 20;
  const test::Pair tcp = test::tcp_pair();
  const Ref<Op> it = make_ref<Op>(tcp.near.get());
  Output output(life, *poller, *it, activity, mutex, [](FdOperator&) {});
  std::uint64_t most = 0;
  it->writable = [&](Op&) {
    const std::uint64_t before = output.sent();
    ConsumedNodes sent;
    static_cast<void>(output.drain(sent));
    most = std::max(most, output.sent() - before);
  };
  ASSERT_FALSE(poller->add(*it));
  std::string all;
  for (const std::size_t size : {1000u, 2000u, 3000u, 4u << 20}) {
    append(output, std::string(size, static_cast<char>('a' + all.size() % 7)));
    all.append(size, static_cast<char>('a' + all.size() % 7));
  }
  std::uint64_t flushed = 0;
  on_poller([&] {
    EXPECT_FALSE(output.flush());
    flushed = output.sent();
  });
  EXPECT_EQ(flushed, kMost);
  EXPECT_EQ(test::receive(tcp.far.get(), all.size()), all);
  EXPECT_TRUE(test::eventually([&] { return !output.is_unattended(); }));
  poller->detach(*it);
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, kMost);
}

}  // namespace
}  // namespace netpoll
