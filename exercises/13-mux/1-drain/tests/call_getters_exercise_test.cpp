// SPDX-License-Identifier: Apache-2.0
// What the exercise asks of call_getters, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "consumer.h"

namespace netpoll {
namespace {

TEST_F(DrainExercise, ARoundCallsTheGettersOfAllShardsInTheirOrder) {
  make_queue(3);
  for (const char* text : {"a", "b", "c", "A", "B", "C"})
    add(text);
  call_getters();
  EXPECT_EQ(packets(), "aAbBcC") << "a and A lie in the first shard, b and B "
                                    "in the second, c and C in the third";
}

TEST_F(DrainExercise, ARoundCountsShardsAndGetters) {
  make_queue(4);
  std::vector<ShardQueue::Getter> three(3);
  for (ShardQueue::Getter& getter : three)
    getter = [](LinkBuffer&) {};
  EXPECT_TRUE(queue_->add(three));
  add("one more");
  const Taken taken = call_getters();
  EXPECT_EQ(taken.shards, 2U) << "two of four shards were not empty";
  EXPECT_EQ(taken.getters, 4U) << "three getters in one of them, one in the "
                                  "other";
}

TEST_F(DrainExercise, WhatComesMeanwhileWaitsForTheNextRound) {
  make_queue(1);
  int left = 3;
  const auto again = [&](auto& self, LinkBuffer& packets) -> void {
    ASSERT_FALSE(is_locked(0)) << "to add now would be to wait for itself";
    packets.write_string("x");
    if (--left > 0) add([&](LinkBuffer& next) { self(self, next); });
  };
  add([&](LinkBuffer& packets) { again(again, packets); });
  EXPECT_EQ(call_getters().getters, 1U)
      << "the getter has added another one; a round must end, or busy adders "
         "delay the flush for ever";
  EXPECT_EQ(packets(), "x");
}

TEST_F(DrainExercise, NoLockIsHeldWhileAGetterRuns) {
  make_queue(1);
  bool locked = false;
  add([&](LinkBuffer&) { locked = is_locked(0); });
  call_getters();
  EXPECT_FALSE(locked) << "code of the user ran while the shard's mutex was "
                          "locked: a getter that adds would wait for itself";
}

TEST_F(DrainExercise, NoLockIsHeldWhileAGetterIsDestroyed) {
  make_queue(1);
  bool locked = false;
  std::shared_ptr<int> last(new int(0), [&](const int* number) {
    locked = is_locked(0);
    delete number;
  });
  add([last](LinkBuffer&) {});
  last.reset();
  std::error_code error = Errc::conn_closed;
  call_getters(error);
  EXPECT_FALSE(locked) << "the destructor of a getter is code of the user too";
}

TEST_F(DrainExercise, AfterTheRoundItsGettersAreDestroyed) {
  make_queue(2);
  const auto held = std::make_shared<int>(0);
  for (int i = 0; i < 4; ++i)
    add([held](LinkBuffer&) {});
  call_getters();
  EXPECT_EQ(held.use_count(), 1) << "more than 1: a getter is still alive, and "
                                    "the next round will find it again";
}

TEST_F(DrainExercise, AfterAnErrorTheyAreDestroyedWithoutACallAndCounted) {
  make_queue(2);
  const auto held = std::make_shared<bool>(false);
  for (int i = 0; i < 3; ++i)
    add([held](LinkBuffer&) { *held = true; });
  std::error_code error = Errc::conn_closed;
  const Taken taken = call_getters(error);
  EXPECT_FALSE(*held) << "the connection is broken: nobody sends the packet";
  EXPECT_EQ(held.use_count(), 1) << "more than 1: a getter was left alive";
  EXPECT_EQ(taken.shards, 2U) << "left in the shards, they are never counted";
  EXPECT_EQ(taken.getters, 3U);
  EXPECT_EQ(error, Errc::conn_closed) << "the error must stay";
}

TEST_F(DrainExercise, AGetterThatThrowsStopsTheShardsBehindIt) {
  make_queue(2);
  bool called = false;
  add([](LinkBuffer&) { throw std::runtime_error("out of ink"); });
  add([&](LinkBuffer&) { called = true; });
  std::error_code error;
  const Taken taken = call_getters(error);
  EXPECT_EQ(error, Errc::conn_closed) << "call_taken() returned this error";
  EXPECT_FALSE(called)
      << "a packet may be half written: nothing goes behind it";
  EXPECT_EQ(taken.getters, 2U);
}

}  // namespace
}  // namespace netpoll
