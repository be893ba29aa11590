// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/mcache.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "netpoll/mcache/buffer.h"
#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

// Free blocks that nobody takes are gone after this.
void two_ticks() {
  trim();
  trim();
}

TEST(Mcache, CapacityIsTheNextPowerOfTwo) {
  const Memory memory = malloc(8000);
  EXPECT_EQ(memory.capacity, 8192U);
  free(memory);
}

TEST(Mcache, SizeZeroGetsABlockOfOneByte) {
  const Memory memory = malloc(0);
  EXPECT_NE(memory.base, nullptr);
  EXPECT_EQ(memory.capacity, 1U);
  free(memory);
}

TEST(Mcache, TheLargerOfSizeAndCapacityCounts) {
  const Memory by_size = malloc(5, 3);
  const Memory by_capacity = malloc(5, 100);
  EXPECT_EQ(by_size.capacity, 8U);
  EXPECT_EQ(by_capacity.capacity, 128U);
  free(by_size);
  free(by_capacity);
}

TEST(Mcache, EveryByteOfTheCapacityIsUsable) {
  const Memory memory = malloc(8000);
  std::memset(memory.base, 0xff, memory.capacity);
  free(memory);
}

TEST(Mcache, ABlockIsAlignedAsTheSystemAligns) {
  const Memory memory = malloc(1);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.base);
  EXPECT_EQ(address % alignof(std::max_align_t), 0U);
  free(memory);
}

TEST(Mcache, FreeingAnEmptyMemoryDoesNothing) {
  const Stats before = stats();
  free({});
  EXPECT_EQ(stats().cached_blocks, before.cached_blocks);
}

TEST(Mcache, AFreedBlockComesBackForAnySizeOfItsClass) {
  const Memory memory = malloc(5000);
  free(memory);
  const Memory next = malloc(8192);
  EXPECT_EQ(next.base, memory.base);
  free(next);
}

TEST(Mcache, MemoryIsNotZeroed) {
  const Memory memory = malloc(100);
  std::memset(memory.base, 0x5a, memory.capacity);
  free(memory);
  const Memory next = malloc(100);
  const std::byte stale{guard::kGuarded ? std::uint8_t{0xdd}
                                        : std::uint8_t{0x5a}};
  EXPECT_EQ(next.base[100], stale);
  free(next);
}

TEST(Mcache, TheCeilingItselfIsPooled) {
  const Memory memory = malloc(kPooledMax);
  EXPECT_EQ(memory.capacity, kPooledMax);
  free(memory);
  const Memory next = malloc(kPooledMax);
  EXPECT_EQ(next.base, memory.base);
  free(next);
  two_ticks();
}

TEST(Mcache, AboveTheCeilingCapacityIsExact) {
  const Memory memory = malloc(1, kPooledMax + 1);
  EXPECT_EQ(memory.capacity, kPooledMax + 1);
  free(memory);
}

TEST(Mcache, AboveTheCeilingThePoolIsLeftAlone) {
  two_ticks();
  const Stats before = stats();
  free(malloc(2 * kPooledMax));
  trim();  // would bring a block from this thread's lists into the centre
  EXPECT_EQ(stats().allocated, before.allocated);
  EXPECT_EQ(stats().cached_blocks, 0U);
}

TEST(Mcache, AnUnusedBlockSurvivesOneTickAndNotTwo) {
  two_ticks();
  free(malloc(3000));
  trim();
  EXPECT_EQ(stats().cached_bytes, 4096U);
  trim();
  EXPECT_EQ(stats().cached_bytes, 0U);
}

TEST(Mcache, ABlockInUseSurvivesAnyNumberOfTicks) {
  two_ticks();
  const Memory memory = malloc(3000);
  free(memory);
  trim();
  const Memory taken = malloc(3000);
  EXPECT_EQ(taken.base, memory.base);
  free(taken);
  trim();
  EXPECT_EQ(stats().cached_blocks, 1U);
  two_ticks();
}

TEST(Mcache, AThreadThatEndsLeavesItsBlocksToTheOthers) {
  two_ticks();
  std::byte* base = nullptr;
  std::thread([&base] {
    const Memory memory = malloc(3000);
    base = memory.base;
    free(memory);
  }).join();
  EXPECT_EQ(stats().cached_blocks, 1U);
  const Memory memory = malloc(3000);
  EXPECT_EQ(memory.base, base);
  free(memory);
  two_ticks();
}

TEST(Mcache, AHundredShortThreadsLoseNoBlock) {
  two_ticks();
  const Stats before = stats();
  for (int i = 0; i < 100; ++i) {
    std::thread([] { const Buffer buffer(3000); }).join();
  }
  EXPECT_EQ(stats().allocated, before.allocated + 1);
  EXPECT_EQ(stats().cached_blocks, 1U);
  two_ticks();
}

// Destroyed after the thread's lists, since it is made before them.
struct HoldsABlockUntilTheVeryEnd {
  Memory memory;
  ~HoldsABlockUntilTheVeryEnd() {
    free(memory);
    free(malloc(3000));
  }
};

TEST(Mcache, AThreadMayStillFreeAfterItsListsAreGone) {
  two_ticks();
  std::thread([] {
    thread_local HoldsABlockUntilTheVeryEnd last;
    last.memory = malloc(3000);
  }).join();
  EXPECT_EQ(stats().cached_blocks, 1U);
  two_ticks();
}

// A thread that is ending takes from the centre itself: one block, not a batch.
TEST(Mcache, AnEndingThreadTakesNoMoreThanItAsksFor) {
  two_ticks();
  const std::size_t in_use = stats().in_use_bytes;
  {
    const Buffer first(3000);
    const Buffer second(3000);
  }
  trim();  // now both are in the centre
  ASSERT_EQ(stats().cached_blocks, 2U);
  std::thread([] {
    thread_local HoldsABlockUntilTheVeryEnd last;
    last.memory = malloc(70000);
  }).join();
  EXPECT_EQ(stats().cached_bytes, 2U * 4096U + 131072U);
  EXPECT_EQ(stats().in_use_bytes, in_use);
  two_ticks();
}

TEST(Mcache, ABlockFreedOnAnotherThreadIsReused) {
  constexpr std::size_t kRounds = 50;
  const std::size_t limit = thread_limit(class_of(3000));
  two_ticks();
  const Stats before = stats();
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::vector<Buffer> made;
    for (std::size_t i = 0; i < limit; ++i)
      made.emplace_back(3000);
    std::thread([&made] { made.clear(); }).join();
  }
  EXPECT_LE(stats().allocated - before.allocated, 2 * limit);
  two_ticks();
}

TEST(Mcache, EveryBlockIsAliveOrCachedOrReleased) {
  two_ticks();
  const Stats before = stats();
  const Buffer alive(3000);
  free(malloc(70000));
  trim();
  const Stats after = stats();
  EXPECT_EQ(after.allocated - before.allocated,
            1 + after.cached_blocks + after.released - before.released);
  two_ticks();
}

}  // namespace
}  // namespace netpoll::mcache
