// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong. The tests
// are the consumer: pending_ is above 0, so that add() starts none.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "connection/support.h"
#include "netpoll/mux/shard_queue.h"
#include "support/log_lines.h"

namespace netpoll {

/// A friend of ShardQueue.
class ShardQueueTest : public testing::Test {
 protected:
  struct Taken {
    std::size_t shards = 0;
    std::size_t getters = 0;
  };

  ShardQueueTest() { EXPECT_FALSE(served_.start()); }

  // A queue whose consumer is the test. `pending`: what it finds counted.
  void make_queue(std::size_t shards, std::size_t pending = 1) {
    queue_.emplace(served_.runtime(), served_.conn(), shards);
    queue_->pending_ = pending;
  }
  void TearDown() override {
    if (queue_) queue_->pending_ = 0;  // or its close() waits for ever
  }

  void add(ShardQueue::Getter getter) {
    EXPECT_TRUE(queue_->add(std::move(getter)));
  }
  void add(const std::string& text) {
    add([text](LinkBuffer& packets) { packets.write_string(text); });
  }
  Taken call_getters(std::error_code& error) {
    const auto [shards, getters] = queue_->call_getters(error);
    return {shards, getters};
  }
  Taken call_getters() {
    std::error_code error;
    const Taken taken = call_getters(error);
    EXPECT_FALSE(error);
    return taken;
  }
  bool end_round(Taken taken, std::error_code error = {}) {
    return queue_->end_round({taken.shards, taken.getters}, error);
  }
  std::size_t pending() const { return queue_->pending_; }
  // What the getters have written.
  std::string packets() {
    queue_->packets_.flush();
    return *queue_->packets_.read_string(queue_->packets_.size());
  }
  // Asked on another thread: a thread must not try its own mutex.
  bool is_locked(std::size_t shard) {
    return std::async(std::launch::async,
                      [&] {
                        Mutex& mutex = queue_->shards_[shard].mutex;
                        if (!mutex.try_lock()) return true;
                        mutex.unlock();
                        return false;
                      })
        .get();
  }
  // Whether `notify` wakes a thread that waits as close() does.
  template <class Notify>
  bool wakes_a_close(Notify notify) {
    std::atomic<bool> begun = false;
    std::atomic<bool> woken = false;
    std::jthread sleeper([&] {
      Lock lock(queue_->mutex_);
      begun = true;
      lock.wait(queue_->idle_);
      woken = true;
    });
    while (!begun)
      std::this_thread::yield();
    {
      const Lock it_sleeps_now(queue_->mutex_);
    }
    notify();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (!woken && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    const bool was_woken = woken;
    while (!woken)
      queue_->idle_.notify_all();
    return was_woken;
  }

  test::LogLines lines_;
  test::Served served_{{}};
  std::optional<ShardQueue> queue_;
};

namespace {

using DrainExercise = ShardQueueTest;

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

TEST_F(DrainExercise, TheRoundThatTakesTheRestIsTheLast) {
  make_queue(4, 2);
  EXPECT_TRUE(end_round({.shards = 2, .getters = 7}))
      << "two shards were counted, and this round took two";
  EXPECT_EQ(pending(), 0U);
}

TEST_F(DrainExercise, AShardThatWasCountedMeanwhileIsNotForgotten) {
  make_queue(4, 3);
  EXPECT_FALSE(end_round({.shards = 2, .getters = 2}))
      << "three shards were counted, this round took two: one more round";
  EXPECT_EQ(pending(), 1U) << "the one that came during the flush";
}

TEST_F(DrainExercise, TheLastRoundWakesAClose) {
  make_queue(1);
  EXPECT_TRUE(wakes_a_close([&] { end_round({.shards = 1, .getters = 1}); }))
      << "close() sleeps on idle_ until pending_ is 0, and nobody woke it";
}

TEST_F(DrainExercise, OnlyRoundsThatFailedAreDropped) {
  make_queue(1, 6);
  end_round({.shards = 1, .getters = 10});
  EXPECT_EQ(queue_->dropped(), 0U) << "this round had no error: it was sent";
  end_round({.shards = 1, .getters = 2}, Errc::write_timeout);
  end_round({.shards = 1, .getters = 3}, Errc::write_timeout);
  EXPECT_EQ(queue_->dropped(), 5U) << "2 getters, and then 3, were not sent";
}

TEST_F(DrainExercise, TheErrorStaysForClose) {
  make_queue(1, 2);
  end_round({.shards = 1, .getters = 1}, Errc::write_timeout);
  end_round({.shards = 1, .getters = 1});
  ASSERT_EQ(pending(), 0U);
  EXPECT_EQ(queue_->close(), Errc::write_timeout)
      << "close() returns what broke the connection, also later";
}

// Last, and only if all is well so far: a wrong count would hang it.
TEST_F(DrainExercise, TheWholeQueueSendsAll) {
  if (testing::UnitTest::GetInstance()->failed_test_count() > 0) return;
  make_queue(3, 0);
  std::vector<std::jthread> adders;
  for (int thread = 0; thread < 3; ++thread) {
    adders.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        add("packet ");
    });
  }
  adders.clear();
  EXPECT_FALSE(queue_->close());
  std::string all;
  for (int i = 0; i < 60; ++i)
    all += "packet ";
  EXPECT_EQ(served_.receive(all.size()), all);
}

}  // namespace
}  // namespace netpoll
