// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to mend it wrongly. The
// tests set the counter of the shards, and look into the shards.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "connection/support.h"
#include "netpoll/mux/shard_queue.h"

namespace netpoll {

/// A friend of ShardQueue.
class ShardQueueTest : public testing::Test {
 protected:
  ShardQueueTest() { EXPECT_FALSE(served_.start()); }

  // With a `pending` above 0, add() starts no consumer: getters stay.
  void make_queue(std::size_t shards, std::uint32_t next,
                  std::size_t pending = 1) {
    queue_.emplace(served_.runtime(), served_.conn(), shards);
    queue_->next_ = next;
    queue_->pending_ = pending;
    made_up_ = pending > 0;
  }
  void TearDown() override {
    if (queue_ && made_up_) queue_->pending_ = 0;  // or close() never returns
  }

  // In words what became of one packet.
  std::string add() {
    try {
      const bool taken = queue_->add(
          [](LinkBuffer& packets) { packets.write_string("packet "); });
      return taken ? "taken" : "refused";
    } catch (const std::exception& thrown) {
      return std::string("add() threw: ") + thrown.what();
    }
  }
  // Adds until one is not taken, and returns what became of the last.
  std::string add_many(int count) {
    std::string became = "taken";
    for (int i = 0; i < count && became == "taken"; ++i)
      became = add();
    return became;
  }
  std::vector<std::size_t> in_each_shard() {
    std::vector<std::size_t> counts;
    for (auto& shard : queue_->shards_) {
      const Lock lock(shard.mutex);
      counts.push_back(shard.getters.size());
    }
    return counts;
  }

  bool made_up_ = false;
  test::Served served_{{}};
  std::optional<ShardQueue> queue_;
};

namespace {

using IndexWrapExercise = ShardQueueTest;

constexpr std::uint32_t kTwoTo31 = std::uint32_t{1} << 31;

TEST_F(IndexWrapExercise, TheShardsTakeTurns) {
  make_queue(3, 0);
  EXPECT_EQ(add_many(12), "taken");
  EXPECT_EQ(in_each_shard(), std::vector<std::size_t>(3, 4))
      << "the counter began at 0: twelve getters, four in each of three shards";
}

TEST_F(IndexWrapExercise, TheCallNumberTwoTo31IsTaken) {
  make_queue(3, kTwoTo31);
  EXPECT_EQ(add(), "taken") << "next_ was 2147483648 before this add()";
}

TEST_F(IndexWrapExercise, TheCallsBehindItAreTaken) {
  make_queue(3, kTwoTo31 + 1);
  EXPECT_EQ(add_many(12), "taken") << "next_ was 2147483649 and a little more";
}

TEST_F(IndexWrapExercise, BehindItTheGettersAreStillSpread) {
  make_queue(7, kTwoTo31);
  ASSERT_EQ(add_many(70), "taken");
  const auto counts = in_each_shard();
  EXPECT_GE(std::ranges::min(counts), 8U)
      << "70 getters came behind 2^31; the seven shards have got "
      << testing::PrintToString(counts);
}

TEST_F(IndexWrapExercise, TheCounterMayWrapAtTwoTo32) {
  make_queue(3, 0U - 30);
  EXPECT_EQ(add_many(60), "taken") << "next_ passes 4294967295 and is 0 again";
  const auto counts = in_each_shard();
  EXPECT_GE(std::ranges::min(counts), 18U)
      << "60 getters came around 2^32; the three shards have got "
      << testing::PrintToString(counts);
}

TEST_F(IndexWrapExercise, WhatIsTakenOnBothSidesIsSent) {
  make_queue(3, kTwoTo31 - 6, 0);
  ASSERT_EQ(add_many(12), "taken");
  EXPECT_FALSE(queue_->close());
  std::string all;
  for (int i = 0; i < 12; ++i)
    all += "packet ";
  EXPECT_EQ(served_.receive(all.size()), all);
}

}  // namespace
}  // namespace netpoll
