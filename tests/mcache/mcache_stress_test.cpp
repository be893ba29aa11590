// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "netpoll/mcache/buffer.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 20000;

// A few classes only, so that the threads meet in the same central lists.
constexpr std::array<std::size_t, 4> kSizes{40, 900, 8000, 20000};

// A block that says to whom it belongs, at both ends.
class Stamped {
 public:
  Stamped(std::size_t size, std::uint64_t stamp)
      : buffer_(size), stamp_(stamp) {
    std::memcpy(buffer_.data(), &stamp_, sizeof stamp_);
    std::memcpy(end(), &stamp_, sizeof stamp_);
  }
  bool is_intact() const {
    return std::memcmp(buffer_.data(), &stamp_, sizeof stamp_) == 0 &&
           std::memcmp(end(), &stamp_, sizeof stamp_) == 0;
  }

 private:
  std::byte* end() const {
    return buffer_.data() + buffer_.capacity() - sizeof stamp_;
  }
  Buffer buffer_;
  std::uint64_t stamp_;
};

using Slots = std::array<std::atomic<Stamped*>, 256>;

// Puts a new block where an old one was, and frees the old one, which another
// thread made as a rule. Returns how many were not intact.
int exchange_blocks(Slots& slots, std::uint64_t thread) {
  std::minstd_rand random(static_cast<unsigned>(thread) + 1);
  int spoilt = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    auto block = std::make_unique<Stamped>(kSizes[random() % kSizes.size()],
                                           thread << 32 | round);
    // acq_rel: publishes the stamps, and shows those of the thread before.
    const std::unique_ptr<Stamped> old(slots[random() % slots.size()].exchange(
        block.release(), std::memory_order_acq_rel));
    if (old != nullptr && !old->is_intact()) ++spoilt;
    if (thread == 0 && round % 512 == 0) trim();
  }
  return spoilt;
}

// Broken variant that this has caught: CentralList::keep_within_bounds() and take_cached()
// without their Lock (a batch goes to two threads).
TEST(McacheStress, NoBlockHasTwoOwners) {
  Slots slots{};
  std::atomic<int> spoilt{0};
  std::vector<std::thread> threads;
  for (std::uint64_t id = 0; id < kThreads; ++id) {
    threads.emplace_back([&, id] { spoilt += exchange_blocks(slots, id); });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (auto& slot : slots)
    delete slot.load();
  EXPECT_EQ(spoilt, 0);
  trim();
  trim();
  EXPECT_EQ(stats().cached_blocks, 0U);
  EXPECT_EQ(stats().allocated, stats().released);
}

// Broken variant that this has caught: ~ThreadCache() without its return_all() (the
// blocks of each thread that ended are lost).
TEST(McacheStress, ThreadsThatComeAndGoLoseNothing) {
  const auto use_and_leave = [] {
    std::vector<Buffer> buffers;
    for (int i = 0; i < 100; ++i)
      buffers.emplace_back(8000);
  };
  const std::uint64_t before = stats().allocated;
  for (int round = 0; round < 200; ++round) {
    std::thread first(use_and_leave);
    std::thread second(use_and_leave);
    first.join();
    second.join();
  }
  // Two threads at a time, each with its blocks and the rest of a batch.
  EXPECT_LE(stats().allocated - before, 2 * (100 + batch_of(class_of(8000))));
  trim();
  trim();
  EXPECT_EQ(stats().allocated, stats().released);
}

}  // namespace
}  // namespace netpoll::mcache
