// SPDX-License-Identifier: Apache-2.0
//
// How a queue ends: by close(), or because its connection has ended.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mux/support.h"
#include "netpoll/mux/shard_queue.h"
#include "support/log_lines.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::arrived;
using test::eventually;
using test::large_packet;
using test::packet;
using test::Served;

constexpr std::size_t kLarge = 4u << 20;

auto close_elsewhere(ShardQueue& queue) {
  return std::async(std::launch::async, [&] { return queue.close(); });
}

bool is_ready(const std::future<std::error_code>& result) {
  return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// A queue whose flush sleeps, because the far end reads nothing.
struct Stuck {
  Stuck() {
    EXPECT_FALSE(served.start());
    EXPECT_TRUE(queue.add(large_packet(kLarge)));
    EXPECT_TRUE(eventually([&] { return arrived(served) > 0; }));
  }
  Served served{{}};
  ShardQueue queue{served.runtime(), served.conn(), 2};
};

TEST_F(ShardQueueTest, AnAddAfterCloseIsRefused) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 2);
  EXPECT_FALSE(queue.close());
  const auto held = std::make_shared<bool>(false);
  for (int i = 0; i < 4; ++i)  // each shard twice
    EXPECT_FALSE(queue.add([held](LinkBuffer&) { *held = true; }));
  EXPECT_EQ(held.use_count(), 1);  // all getters are destroyed
  EXPECT_FALSE(*held);             // no getter was called
  EXPECT_EQ(queue.dropped(), 0u);  // a refused getter is not counted
  EXPECT_TRUE(served.conn().is_active());
}

TEST_F(ShardQueueTest, RefusedGettersStayWithTheCaller) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_FALSE(queue.close());
  std::vector<ShardQueue::Getter> getters;
  getters.push_back(packet("a"));
  getters.push_back(packet("b"));
  EXPECT_FALSE(queue.add(getters));
  EXPECT_TRUE(getters[0] != nullptr && getters[1] != nullptr);
}

TEST_F(ShardQueueTest, ASecondCloseSaysTheSame) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_FALSE(queue.close());
  EXPECT_FALSE(queue.close());
}

// Returns true when close() has begun, so that at least one shard refuses.
bool refuses(ShardQueue& queue) {
  return !queue.add([](LinkBuffer&) {});
}

// Reads half of the packet. The socket cannot hold the other half, so the flush
// is not over and `waits` must be true before each read.
template <class Condition>
void receive_half_while(const Stuck& stuck, Condition waits) {
  constexpr std::size_t kChunk = kLarge / 64;
  for (int chunk = 0; chunk < 32; ++chunk) {
    ASSERT_TRUE(waits());
    ASSERT_EQ(stuck.served.receive(kChunk).size(), kChunk);
  }
}

TEST_F(ShardQueueTest, CloseWaitsForASlowPeer) {
  Stuck stuck;
  auto closed = close_elsewhere(stuck.queue);
  ASSERT_TRUE(eventually([&] { return refuses(stuck.queue); }));
  receive_half_while(stuck, [&] { return !is_ready(closed); });
  EXPECT_EQ(stuck.served.receive(kLarge / 2).size(), kLarge / 2);
  EXPECT_FALSE(closed.get());
}

TEST_F(ShardQueueTest, TwoClosesAtOnceBothWait) {
  Stuck stuck;
  auto first = close_elsewhere(stuck.queue);
  auto second = close_elsewhere(stuck.queue);
  ASSERT_TRUE(eventually([&] { return refuses(stuck.queue); }));
  receive_half_while(stuck,
                     [&] { return !is_ready(first) && !is_ready(second); });
  EXPECT_EQ(stuck.served.receive(kLarge / 2).size(), kLarge / 2);
  EXPECT_FALSE(first.get());
  EXPECT_FALSE(second.get());
}

TEST_F(ShardQueueTest, TheDestructorSendsWhatWasAdded) {
  Served served({});
  ASSERT_FALSE(served.start());
  {
    ShardQueue queue(served.runtime(), served.conn());
    EXPECT_TRUE(queue.add(packet("last words")));
  }
  EXPECT_EQ(arrived(served), 10u);
}

TEST_F(ShardQueueTest, GettersLeftByAClosedConnectionAreDestroyedAndCounted) {
  Stuck stuck;
  const auto held = std::make_shared<std::atomic<bool>>(false);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(stuck.queue.add([held](LinkBuffer&) { *held = true; }));
  stuck.served.conn().close();
  EXPECT_EQ(stuck.queue.close(), Errc::conn_closed);
  EXPECT_EQ(held.use_count(), 1);  // all getters are destroyed
  EXPECT_FALSE(*held);             // no getter was called
  EXPECT_EQ(stuck.queue.dropped(), 6u);
  EXPECT_FALSE(stuck.queue.add(packet("too late")));
  EXPECT_EQ(stuck.queue.close(), Errc::conn_closed);
}

TEST_F(ShardQueueTest, AnAddToADeadConnectionIsRefusedSoon) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn());
  served.conn().close();
  std::size_t taken = 0;
  EXPECT_TRUE(eventually([&] {
    const bool added = queue.add(packet("nobody hears"));
    taken += added ? 1 : 0;
    return !added;
  }));
  EXPECT_EQ(queue.close(), Errc::conn_closed);
  EXPECT_EQ(queue.dropped(), taken);
}

TEST_F(ShardQueueTest, AFailedFlushClosesTheConnection) {
  Stuck stuck;
  stuck.served.close_far();
  EXPECT_TRUE(stuck.queue.close());
  EXPECT_EQ(stuck.queue.dropped(), 1u);
  EXPECT_TRUE(stuck.served.wait_torn_down());
}

TEST_F(ShardQueueTest, APeerThatIsTooSlowLosesTheConnection) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_write_timeout(std::chrono::milliseconds(1));
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add(large_packet()));
  EXPECT_EQ(queue.close(), Errc::write_timeout);
  EXPECT_TRUE(served.wait_torn_down());
}

TEST_F(ShardQueueTest, AGetterThatThrowsClosesTheConnectionAndIsLogged) {
  const test::LogLines lines;
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 1);
  EXPECT_TRUE(queue.add([](LinkBuffer& packets) {
    packets.write_string("half of a pa");
    throw std::runtime_error("out of ink");
  }));
  EXPECT_EQ(queue.close(), Errc::conn_closed);
  EXPECT_EQ(queue.dropped(), 1u);
  EXPECT_TRUE(test::at_eof(served.far()));  // half of the packet is not sent
  EXPECT_EQ(lines.all(),
            std::vector<std::string>{"ShardQueue: a getter threw: out of ink"});
}

TEST_F(ShardQueueTest, WhatIsThrownNeedNotBeAnException) {
  const test::LogLines lines;
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 1);
  EXPECT_TRUE(queue.add([](LinkBuffer&) { throw 42; }));
  EXPECT_EQ(queue.close(), Errc::conn_closed);
  EXPECT_EQ(lines.all(),
            std::vector<std::string>{"ShardQueue: a getter threw: not a "
                                     "std::exception"});
}

TEST_F(ShardQueueTest, ACloseCallbackMayDestroyTheQueue) {
  std::optional<ShardQueue> queue;
  std::error_code error;
  Served served({});
  ASSERT_FALSE(served.start());
  queue.emplace(served.runtime(), served.conn());
  served.conn().add_close_callback([&](Connection&) {
    error = queue->close();
    queue.reset();
  });
  // What the getter throws has the consumer close the connection.
  const test::LogLines lines;
  EXPECT_TRUE(queue->add([](LinkBuffer&) { throw 1; }));
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(error);
  EXPECT_FALSE(queue.has_value());
}

// Runs `inside` in a getter of `queue`, and waits until the queue has sent all.
template <class Code>
void run_in_getter(ShardQueue& queue, Code inside) {
  Trigger over;
  EXPECT_TRUE(queue.add([&](LinkBuffer&) {
    inside();
    over.pull();
  }));
  over.wait();
}

using ShardQueueDeathTest = ShardQueueTest;

TEST_F(ShardQueueDeathTest, AGetterCannotCloseItsQueue) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Served served({});
        if (served.start()) std::_Exit(0);
        ShardQueue queue(served.runtime(), served.conn());
        run_in_getter(queue, [&] { static_cast<void>(queue.close()); });
      },
      "a getter cannot close or destroy its own ShardQueue");
}

TEST_F(ShardQueueDeathTest, AGetterCannotDestroyItsQueue) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Served served({});
        if (served.start()) std::_Exit(0);
        std::optional<ShardQueue> queue;
        queue.emplace(served.runtime(), served.conn());
        run_in_getter(*queue, [&] { queue.reset(); });
      },
      "a getter cannot close or destroy its own ShardQueue");
}

TEST_F(ShardQueueDeathTest, TheDestructorOfAGetterCannotCloseItsQueue) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  struct Closer {
    ShardQueue* queue;
    ~Closer() { static_cast<void>(queue->close()); }
  };
  EXPECT_DEATH(
      {
        Served served({});
        if (served.start()) std::_Exit(0);
        ShardQueue queue(served.runtime(), served.conn());
        EXPECT_TRUE(queue.add(
            [closer = std::make_unique<Closer>(&queue)](LinkBuffer&) {}));
        Trigger().wait();
      },
      "a getter cannot close or destroy its own ShardQueue");
}

TEST_F(ShardQueueTest, AGetterMayCloseAnotherQueue) {
  Served served({});
  Served other({});
  ASSERT_FALSE(served.start());
  ASSERT_FALSE(other.start());
  ShardQueue queue(served.runtime(), served.conn());
  ShardQueue second(other.runtime(), other.conn());
  EXPECT_TRUE(second.add(packet("sent")));
  run_in_getter(queue, [&] { EXPECT_FALSE(second.close()); });
  EXPECT_EQ(arrived(other), 4u);
}

}  // namespace
}  // namespace netpoll
