// SPDX-License-Identifier: Apache-2.0
// Blocks of sizes from the seed, freed by threads from the seed; and then one
// of them once more. Each test runs in a process of its own, which the guard
// may end.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "labs/seed.h"
#include "netpoll/mcache/mcache.h"
#include "support/child_end.h"

namespace netpoll::mcache {
namespace {

using test::Seeded;

const char* const kAllWell = "all well so far;";

void say_all_well() {
  static_cast<void>(!::write(STDERR_FILENO, kAllWell, std::strlen(kAllWell)));
}

// The correct part must pass, and the second free must not.
void expect_only_the_second_free_stopped(const test::ChildEnd& end) {
  ASSERT_TRUE(end.said.contains(kAllWell))
      << "a program without a mistake was stopped: " << end.said;
  ASSERT_TRUE(end.stopped) << "the second free() came back as if all were well";
  EXPECT_TRUE(end.said.contains("the block is free already"))
      << "the line does not say why: " << end.said;
}

// On this thread, or on another one.
void free_somewhere(Seeded& numbers, Memory block) {
  if (numbers.once_in(2)) return free(block);
  std::thread([block] { free(block); }).join();
}

// Takes blocks of one size, lets their owners write any bytes, and frees them.
std::vector<Memory> taken_and_freed(Seeded& numbers, std::size_t count,
                                    std::size_t size) {
  std::vector<Memory> blocks(count);
  for (Memory& block : blocks) {
    block = malloc(size);
    std::memset(block.base, static_cast<int>(numbers.between(0, 255)), size);
  }
  std::memset(blocks.front().base, 0xdd, size);
  numbers.shuffle(blocks);
  for (const Memory& block : blocks)
    free_somewhere(numbers, block);
  return blocks;
}

TEST(FreedTwiceSeeded, TheSecondFreeIsStoppedWheneverItComes) {
  Seeded numbers("whenever");
  for (int round = 0; round < 4; ++round) {
    const std::size_t size = numbers.between(1, 4'000);
    expect_only_the_second_free_stopped(test::end_in_child([&] {
      const Memory block = taken_and_freed(numbers, 1, size).front();
      // Of other size classes: nobody takes our block meanwhile.
      for (const std::size_t between : numbers.sizes(5, 4'097, 16'000))
        free_somewhere(numbers, malloc(between));
      if (numbers.once_in(3)) trim();
      say_all_well();
      free_somewhere(numbers, block);
    }));
  }
}

TEST(FreedTwiceSeeded, OfManyBlocksTheOneThatComesAgainIsStopped) {
  Seeded numbers("many");
  for (int round = 0; round < 4; ++round) {
    const std::size_t size = numbers.between(1, 2'000);
    const std::size_t count = numbers.between(20, 60);
    const std::size_t again = numbers.between(0, count - 1);
    expect_only_the_second_free_stopped(test::end_in_child([&] {
      const auto blocks = taken_and_freed(numbers, count, size);
      say_all_well();
      free_somewhere(numbers, blocks[again]);
    }));
  }
}

}  // namespace
}  // namespace netpoll::mcache
