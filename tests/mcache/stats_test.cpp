// SPDX-License-Identifier: Apache-2.0
//
// How many bytes the pool keeps, and how many are in use.

#include <gtest/gtest.h>

#include <latch>
#include <thread>
#include <vector>

#include "netpoll/mcache/buffer.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

// Free blocks that no thread takes are gone after this.
void two_ticks() {
  trim();
  trim();
}

TEST(McacheStats, InUseBytesAreThoseThatAnOwnerHas) {
  const Stats before = stats();
  const Buffer small(3000);
  const Buffer large(2 * kPooledMax);
  EXPECT_EQ(stats().in_use_bytes - before.in_use_bytes, 4096U + 2 * kPooledMax);
  {
    const Buffer gone(3000);
  }
  EXPECT_EQ(stats().in_use_bytes - before.in_use_bytes, 4096U + 2 * kPooledMax);
  two_ticks();
}

TEST(McacheStats, AFreedBlockIsNotInUseWhateverItsSize) {
  const Stats before = stats();
  for (const std::size_t size : {std::size_t{1}, kPooledMax, 2 * kPooledMax})
    free(malloc(size));
  EXPECT_EQ(stats().in_use_bytes, before.in_use_bytes);
  two_ticks();
}

TEST(McacheStats, KeptBytesAreThoseOfEveryThread) {
  two_ticks();
  ASSERT_EQ(stats().kept_bytes, 0U);
  std::latch freed(1);
  std::latch looked(1);
  std::thread other([&] {
    {
      const Buffer buffer(3000);
    }
    freed.count_down();
    looked.wait();
  });
  freed.wait();
  {
    const Buffer buffer(5);
  }
  EXPECT_EQ(stats().kept_bytes, 4096U + 8U);
  looked.count_down();
  other.join();
  EXPECT_EQ(stats().kept_bytes, 8U);
  two_ticks();
}

TEST(McacheStats, AShrunkThreadKeepsNoMoreThanItSaid) {
  constexpr std::size_t kBound = 65536;
  two_ticks();
  {
    std::vector<Buffer> buffers;
    for (std::size_t size = 1; size <= kPooledMax; size *= 2) {
      for (int i = 0; i < 3; ++i)
        buffers.emplace_back(size);
    }
  }
  EXPECT_GT(stats().kept_bytes, kBound);
  shrink_thread(kBound);
  EXPECT_LE(stats().kept_bytes, kBound);
  EXPECT_GT(stats().kept_bytes, kBound / 2);
  const Stats before = stats();
  shrink_thread(kBound);
  EXPECT_EQ(stats().spills, before.spills);
  shrink_thread(0);
  EXPECT_EQ(stats().kept_bytes, 0U);
  two_ticks();
}

// A thread that only frees, as a worker does, goes to sleep with little.
TEST(McacheStats, AThreadThatOnlyFreesLeavesTheBlocksToTheOthers) {
  two_ticks();
  std::vector<Buffer> made;
  for (int i = 0; i < 60; ++i)
    made.emplace_back(8192);
  const Stats before = stats();
  std::thread([&made] {
    made.clear();
    shrink_thread(65536);
    EXPECT_LE(stats().kept_bytes, 65536U);
    EXPECT_GE(stats().cached_bytes, 52U * 8192U);
  }).join();
  for (int i = 0; i < 60; ++i)
    made.emplace_back(8192);
  EXPECT_EQ(stats().allocated, before.allocated);
  made.clear();
  two_ticks();
}

}  // namespace
}  // namespace netpoll::mcache
