// SPDX-License-Identifier: Apache-2.0
//
// Adders, the consumer and closers meet at the same moment, many times. The
// comment above each test describes the broken variants that the test failed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mux/support.h"
#include "netpoll/mux/shard_queue.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::arrived;
using test::eventually;
using test::packet;
using test::Served;
using test::spin;

// Each adder sends its own letter, so the far end can count the packets of
// each.
std::size_t count(const std::string& text, char letter) {
  return static_cast<std::size_t>(std::ranges::count(text, letter));
}

// Adds `most` packets, or fewer if one is refused. Returns how many were taken.
std::size_t add_some(ShardQueue& queue, char letter, std::size_t most,
                     int pause) {
  std::size_t taken = 0;
  while (taken < most && queue.add(packet(std::string(1, letter)))) {
    ++taken;
    spin(pause);  // so that the consumer often ends
  }
  return taken;
}

// Three adders and a close() at about the same time. When close() returns, the
// socket holds what was taken and nothing else.
//
// Broken variants:
//  1. end_round() stores 0 and ends, instead of subtracting what its round
//     took. A getter added since then lies in a shard that was not empty, so no
//     add() counts that shard again.
//  2. consume() calls end_round() before send_packets(). Then close() returns
//     before the flush.
//  3. add() counts the shard after it has unlocked. Then a consumer subtracts a
//     shard that is not counted yet.
TEST(ShardQueueStress, E2Row7WhatIsTakenIsInTheSocketWhenCloseReturns) {
  constexpr int kRounds = 3'000;
  constexpr std::size_t kMost = 40;
  Served served({});
  ASSERT_FALSE(served.start());
  for (int round = 0; round < kRounds; ++round) {
    ShardQueue queue(served.runtime(), served.conn(), 2);
    std::array<std::size_t, 3> taken{};
    std::latch ready(4);
    {
      std::vector<std::jthread> adders;
      for (std::size_t i = 0; i < taken.size(); ++i) {
        adders.emplace_back([&, i] {
          ready.arrive_and_wait();
          taken[i] = add_some(queue, static_cast<char>('a' + i), kMost,
                              round % 16 * 100);
        });
      }
      ready.arrive_and_wait();
      spin(round % 64 * 500);
      ASSERT_FALSE(queue.close());
    }
    const std::size_t all = taken[0] + taken[1] + taken[2];
    ASSERT_EQ(arrived(served), all) << "round " << round;
    const std::string got = served.receive(all);
    for (std::size_t i = 0; i < taken.size(); ++i)
      ASSERT_EQ(count(got, static_cast<char>('a' + i)), taken[i]);
  }
}

// One adder and one close(), which meet while an add() runs.
//
// Broken variant: add() asks whether the shard is open, unlocks, and locks
// again to put the getter in. A close() between the two does not see that
// getter.
TEST(ShardQueueStress, NoGetterSlipsInBehindAClose) {
  constexpr int kRounds = 8'000;
  constexpr std::size_t kMost = 40;
  Served served({});
  ASSERT_FALSE(served.start());
  std::atomic<ShardQueue*> target{nullptr};
  std::atomic<int> done{0};
  std::size_t taken = 0;
  std::jthread adder([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // acquire and release, in this lambda and in the loop below: the two
      // threads take turns, one round after the other.
      ShardQueue* queue = target.exchange(nullptr, std::memory_order_acquire);
      if (queue == nullptr) {
        std::this_thread::yield();
        continue;
      }
      taken = add_some(*queue, 'a', kMost, 0);
      done.fetch_add(1, std::memory_order_release);
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    ShardQueue queue(served.runtime(), served.conn(), 2);
    target.store(&queue, std::memory_order_release);
    while (target.load(std::memory_order_relaxed) != nullptr)
      std::this_thread::yield();
    spin(round % 64 * 100);
    EXPECT_FALSE(queue.close());
    while (done.load(std::memory_order_acquire) == round)
      std::this_thread::yield();
    const std::size_t got = arrived(served);
    ASSERT_EQ(got, taken) << "round " << round;
    ASSERT_EQ(served.receive(got).size(), got);
  }
}

// The queue becomes empty again and again, and each packet needs a new
// consumer, or one more round of the old one. No close() rescues a packet that
// is forgotten: the far end waits for it in vain.
//
// Broken variant: end_round() stores 0 and ends, instead of subtracting what
// its round took.
TEST(ShardQueueStress, NoPacketIsForgottenWhenTheConsumerEnds) {
  constexpr int kRounds = 20'000;
  Served served({}, 2);
  ASSERT_FALSE(served.start());
  ShardQueue queue(served.runtime(), served.conn(), 1);
  std::atomic<int> wanted{0};
  std::jthread second([&] {
    for (int round = 1; round <= kRounds; ++round) {
      while (wanted.load(std::memory_order_acquire) < round)
        std::this_thread::yield();
      spin(round % 97 * 20);
      EXPECT_TRUE(queue.add(packet("b")));
    }
  });
  bool forgotten = false;
  for (int round = 1; round <= kRounds && !forgotten; ++round) {
    EXPECT_TRUE(queue.add(packet("a")));
    wanted.store(round, std::memory_order_release);
    forgotten = served.receive(2).size() < 2;
    EXPECT_FALSE(forgotten) << "round " << round;
  }
  wanted.store(kRounds, std::memory_order_release);
}

// Two consumers never run at once: they use taken_ and packets_ without a lock.
//
// Broken variants: add() starts a consumer for each shard that was empty, not
// only when pending_ was 0. Or the operations on pending_ are relaxed: then
// TSan reports, in some of its runs, a race of a consumer with the one before
// it.
TEST(ShardQueueStress, NeverTwoConsumersAtOnce) {
  constexpr std::size_t kMost = 20'000;
  Served served({});
  ASSERT_FALSE(served.start());
  std::atomic<int> inside{0};
  std::atomic<int> worst{0};
  {
    ShardQueue queue(served.runtime(), served.conn(), 4);
    std::vector<std::jthread> adders;
    for (int adder = 0; adder < 3; ++adder) {
      adders.emplace_back([&] {
        for (std::size_t i = 0; i < kMost; ++i) {
          ASSERT_TRUE(queue.add([&](LinkBuffer&) {
            if (++inside > 1) ++worst;
            spin(20);
            --inside;
          }));
        }
      });
    }
  }
  EXPECT_EQ(worst, 0);
}

// The connection is closed while adders add. Each getter that was taken is sent
// or counted as dropped, each getter is destroyed, and no thread hangs.
//
// Broken variant: consume() leaves the shards open after an error. Then each
// later add() starts a consumer that fails again, and no add() is refused.
TEST(ShardQueueStress, NoGetterOutlivesTheConnectionThatFailed) {
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    Served served({}, 4);
    ASSERT_FALSE(served.start());
    const auto held = std::make_shared<int>(0);
    std::array<std::size_t, 2> taken{};
    ShardQueue queue(served.runtime(), served.conn(), 2);
    std::latch ready(3);
    std::atomic<int> refused{0};
    std::atomic<bool> enough{false};
    {
      std::vector<std::jthread> adders;
      for (std::size_t& mine : taken) {
        adders.emplace_back([&] {
          ready.arrive_and_wait();
          while (!enough && queue.add([held](LinkBuffer&) {})) {
            ++mine;
            spin(200);  // leaves the processor to the consumer
          }
          ++refused;
        });
      }
      ready.arrive_and_wait();
      spin(round % 64 * 1'000);
      served.conn().close();
      EXPECT_TRUE(eventually([&] { return refused == 2; }));
      enough = true;
    }
    ASSERT_FALSE(HasFailure());
    EXPECT_TRUE(queue.close());
    EXPECT_GT(queue.dropped(), 0u);
    EXPECT_LE(queue.dropped(), taken[0] + taken[1]);
    EXPECT_EQ(held.use_count(), 1);
  }
}

}  // namespace
}  // namespace netpoll
