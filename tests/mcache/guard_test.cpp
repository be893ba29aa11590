// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/guard.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "netpoll/mcache/mcache.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

// Each mistake ends a build without NDEBUG with a line that names it. A build
// with NDEBUG has no guard and skips these.
class McacheDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!guard::kGuarded) GTEST_SKIP() << "this build has no guard";
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
};

TEST_F(McacheDeathTest, ASecondFreeIsCaught) {
  const Memory memory = malloc(100);
  free(memory);
  EXPECT_DEATH(free(memory), "the block is free already");
}

TEST_F(McacheDeathTest, APointerIntoABlockIsCaught) {
  const Memory memory = malloc(8192);
  std::memset(memory.base, 0, memory.capacity);
  EXPECT_DEATH(free({memory.base + 4096, 4096}), "not a block of this pool");
  free(memory);
}

TEST_F(McacheDeathTest, MemoryFromElsewhereIsCaught) {
  std::array<std::byte, 256> foreign{};
  EXPECT_DEATH(free({foreign.data() + 64, 128}), "not a block of this pool");
}

TEST_F(McacheDeathTest, AnotherPowerOfTwoThanMallocsIsCaught) {
  const Memory memory = malloc(8192);
  EXPECT_DEATH(free({memory.base, 4096}), "not the capacity that malloc");
  free(memory);
}

TEST_F(McacheDeathTest, ASecondCopyOfALargeBlockIsCaughtByItsCapacity) {
  const Memory memory = malloc(kPooledMax + 1);
  EXPECT_DEATH(free({memory.base, kPooledMax}), "not the capacity that malloc");
  free(memory);
}

// AddressSanitizer stops the write itself, with both stacks; without it the
// next malloc() finds the trace.
TEST_F(McacheDeathTest, AWriteAfterFreeIsCaught) {
  const Memory memory = malloc(100);
  free(memory);
  EXPECT_DEATH(
      {
        memory.base[50] = std::byte{1};
        [[maybe_unused]] const Memory next = malloc(100);
      },
      "written after it was freed|use-after-poison");
}

TEST_F(McacheDeathTest, AnOwnerMayWriteItsWholeBlock) {
  const Memory memory = malloc(100);
  std::memset(memory.base, 0xff, memory.capacity);
  free(memory);
  const Memory same = malloc(100);
  EXPECT_EQ(same.base, memory.base);
  EXPECT_EQ(same.base[127], std::byte{0xdd});  // not what its owner wrote
  free(same);
}

// These two are caught in every build.

TEST(McacheAlwaysDeathTest, ACapacityThatIsNoPowerOfTwoIsCaught) {
  const Memory memory = malloc(100);
  EXPECT_DEATH(free({memory.base, 100}), "capacity that malloc.. never gives");
  free(memory);
}

TEST(McacheAlwaysDeathTest, ANegativeSizeIsCaught) {
  const auto size = static_cast<std::size_t>(-1);
  EXPECT_DEATH((void)malloc(size), "was the size negative");
}

}  // namespace
}  // namespace netpoll::mcache
