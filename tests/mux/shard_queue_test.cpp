// SPDX-License-Identifier: Apache-2.0
//
// What a queue sends, in which order and on which thread. The tests of how it
// ends are in shard_queue_end_test.cpp.
#include "netpoll/mux/shard_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "mux/support.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::arrived;
using test::packet;
using test::Served;

TEST_F(ShardQueueTest, AllPacketsAreInTheSocketWhenCloseReturns) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 4);
  for (int i = 0; i < 16; ++i)
    EXPECT_TRUE(queue.add(packet("hello world")));
  EXPECT_FALSE(queue.close());
  EXPECT_EQ(arrived(served), 16u * 11);
  EXPECT_EQ(queue.dropped(), 0u);
}

TEST_F(ShardQueueTest, SendsWithoutBeingAskedTo) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add(packet("one")));
  EXPECT_EQ(served.receive(3), "one");
  EXPECT_TRUE(queue.add(packet("two")));
  EXPECT_EQ(served.receive(3), "two");
}

TEST_F(ShardQueueTest, GettersOfOneAddStayTogetherInTheirOrder) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 3);
  for (int i = 0; i < 4; ++i) {
    std::vector<ShardQueue::Getter> getters;
    for (const char* text : {"head ", "body ", "tail;"})
      getters.push_back(packet(text));
    EXPECT_TRUE(queue.add(getters));
  }
  const std::string one = "head body tail;";
  EXPECT_EQ(served.receive(4 * one.size()), one + one + one + one);
}

TEST_F(ShardQueueTest, GettersAreCalledOnAWorker) {
  Served served({});
  ASSERT_FALSE(served.start());
  std::thread::id caller;
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(
      queue.add([&](LinkBuffer&) { caller = std::this_thread::get_id(); }));
  EXPECT_FALSE(queue.close());
  EXPECT_NE(caller, std::thread::id());
  EXPECT_NE(caller, std::this_thread::get_id());
}

TEST_F(ShardQueueTest, AGetterMayHaveNothingToSend) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add([](LinkBuffer&) {}));
  EXPECT_FALSE(queue.close());
  EXPECT_EQ(arrived(served), 0u);
  EXPECT_EQ(queue.dropped(), 0u);
}

TEST_F(ShardQueueTest, AGetterMayBringAPacketThatExistsAlready) {
  Served served({});
  ASSERT_FALSE(served.start());
  auto made = std::make_unique<LinkBuffer>();
  made->write_string("made before");
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add([made = std::move(made)](LinkBuffer& packets) {
    packets.append(std::move(*made));
  }));
  EXPECT_EQ(served.receive(11), "made before");
}

TEST_F(ShardQueueTest, AGetterMayFlushItsBuffer) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add([](LinkBuffer& packets) {
    packets.write_string("flushed");
    static_cast<void>(packets.flush());
  }));
  EXPECT_FALSE(queue.close());
  EXPECT_EQ(served.receive(7), "flushed");
}

TEST_F(ShardQueueTest, AGetterMayAddAnother) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 1);
  EXPECT_TRUE(queue.add([&](LinkBuffer& packets) {
    packets.write_string("first ");
    EXPECT_TRUE(queue.add(packet("second")));
  }));
  EXPECT_EQ(served.receive(12), "first second");
}

// Adds to the queue whenever it is made, moved or destroyed.
class Adder {
 public:
  explicit Adder(ShardQueue& queue) : queue_(&queue) { add(); }
  Adder(Adder&& other) noexcept : queue_(other.queue_) { add(); }
  ~Adder() { add(); }
  void operator()(LinkBuffer&) const {}

 private:
  void add() const {
    static_cast<void>(queue_->add(std::span<ShardQueue::Getter>()));
  }
  ShardQueue* queue_;
};

// If the queue held a shard's lock while it moves or destroys a getter, this
// test would hang.
TEST_F(ShardQueueTest, AGetterMayCallTheQueueWhenItIsMovedOrDestroyed) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 1);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(queue.add(Adder(queue)));
  EXPECT_FALSE(queue.close());
  EXPECT_FALSE(queue.add(Adder(queue)));
}

TEST_F(ShardQueueTest, AnAddOfNoGettersIsFine) {
  Served served({});
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add(std::span<ShardQueue::Getter>()));
  EXPECT_FALSE(queue.close());
  EXPECT_FALSE(queue.add(std::span<ShardQueue::Getter>()));
}

TEST_F(ShardQueueTest, PacketsThatComeDuringARoundGoOutWithTheNext) {
  Served served({});
  ASSERT_FALSE(served.start());
  Trigger running;
  Trigger go_on;
  std::atomic<std::size_t> before{0};
  ShardQueue queue(served.runtime(), served.conn(), 1);
  EXPECT_TRUE(queue.add([&](LinkBuffer& packets) {
    packets.write_string("first;");
    running.pull();
    go_on.wait();
  }));
  running.wait();
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(queue.add([&](LinkBuffer& packets) {
      packets.write_string("next;");
      before = arrived(served);
    }));
  }
  EXPECT_EQ(arrived(served), 0u);
  go_on.pull();
  EXPECT_FALSE(queue.close());
  EXPECT_EQ(served.receive(6), "first;");
  EXPECT_EQ(arrived(served), 8u * 5);
  EXPECT_EQ(before, 6u);  // the last getter ran before its round was sent
}

TEST_F(ShardQueueTest, E2Row7TheCounterOfShardsMayWrap) {
  Served served({});
  ASSERT_FALSE(served.start());
  for (const std::uint32_t near :
       {std::numeric_limits<std::uint32_t>::max() - 5,
        std::uint32_t{std::numeric_limits<std::int32_t>::max()} - 5}) {
    ShardQueue queue(served.runtime(), served.conn(), 3);
    set_next(queue, near);
    for (int i = 0; i < 12; ++i)
      EXPECT_TRUE(queue.add(packet("-")));
    EXPECT_FALSE(queue.close());
    EXPECT_EQ(served.receive(12), "------------");
  }
}

TEST_F(ShardQueueTest, TheCallerSendsWhenThePoolRefuses) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.runtime().workers().stop(Stop::drain);
  std::thread::id caller;
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add([&](LinkBuffer& packets) {
    caller = std::this_thread::get_id();
    packets.write_string("by hand");
  }));
  EXPECT_EQ(caller, std::this_thread::get_id());
  EXPECT_EQ(arrived(served), 7u);
}

TEST_F(ShardQueueTest, ATurnThatThePoolDiscardsIsTakenAllTheSame) {
  Trigger busy;
  Trigger go_on;
  Served served({}, 1);
  ASSERT_FALSE(served.start());
  GoPool& pool = served.runtime().workers();
  Task blocker = [&] {
    busy.pull();
    go_on.wait();
  };
  ASSERT_TRUE(pool.go(std::move(blocker)));
  busy.wait();
  ShardQueue queue(served.runtime(), served.conn());
  EXPECT_TRUE(queue.add(packet("discarded")));
  std::jthread stopper([&] { EXPECT_EQ(pool.stop(Stop::discard), 1u); });
  EXPECT_TRUE(test::eventually([&] { return pool.is_stopped(); }));
  go_on.pull();
  EXPECT_FALSE(queue.close());
  EXPECT_EQ(arrived(served), 9u);
}

}  // namespace
}  // namespace netpoll
