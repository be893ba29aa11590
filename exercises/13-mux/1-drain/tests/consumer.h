// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tests are the consumer: pending_ is above 0, so that add() starts none.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "connection/support.h"
#include "netpoll/mux/shard_queue.h"
#include "support/log_lines.h"
#include "support/pause.h"

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
  Mutex& mutex() { return queue_->mutex_; }
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
    for (test::Pause pause; !woken && std::chrono::steady_clock::now() < end;)
      pause();
    const bool was_woken = woken;
    while (!woken)
      queue_->idle_.notify_all();
    return was_woken;
  }

  test::LogLines lines_;
  test::Served served_{{}};
  std::optional<ShardQueue> queue_;
};

using DrainExercise = ShardQueueTest;

}  // namespace netpoll
