// SPDX-License-Identifier: Apache-2.0
//
// A queue in front of a connection whose peer has finished sending.
#include <gtest/gtest.h>

#include <optional>

#include "mux/support.h"
#include "netpoll/mux/shard_queue.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;
using test::packet;
using test::Served;

// The queue's Ref keeps the connection open. Broken variant: after the peer's
// FIN a connection is torn down although a user holds a Ref; then the packet is
// dropped.
TEST_F(ShardQueueTest, APeerThatHasFinishedSendingStillGetsItsPackets) {
  Trigger told;
  Served served({.on_disconnect = [&](Connection&) { told.pull(); }});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 2);
  served.half_close();
  told.wait();
  // The task of on_disconnect has returned: the registry, the poller and the
  // queue are left.
  EXPECT_TRUE(eventually([&] { return served.conn().holders() <= 3; }));
  EXPECT_TRUE(queue.add(packet("answer")));
  EXPECT_FALSE(queue.close());
  EXPECT_EQ(queue.dropped(), 0u);
  EXPECT_EQ(served.receive(6), "answer");
}

// Broken variant: the queue's last Ref goes, and nothing tears down.
TEST_F(ShardQueueTest, AfterThePeersEndTheEndOfTheQueueClosesTheConnection) {
  Served served({});
  ASSERT_FALSE(served.start());
  std::optional<ShardQueue> queue;
  queue.emplace(served.runtime(), served.conn(), 2);
  served.half_close();
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  EXPECT_TRUE(queue->add(packet("answer")));
  queue.reset();
  EXPECT_EQ(served.receive(6), "answer");
  EXPECT_TRUE(test::at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
}

}  // namespace
}  // namespace netpoll
