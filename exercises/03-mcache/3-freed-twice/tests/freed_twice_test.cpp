// SPDX-License-Identifier: Apache-2.0
// What the guard must stop, and what it must let pass. Each test runs in a
// process of its own, which the guard may end.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <thread>

#include "netpoll/mcache/mcache.h"
#include "support/child_end.h"

namespace netpoll::mcache {
namespace {

constexpr std::size_t kSize = 8192;

void say(const char* words) {
  static_cast<void>(!::write(STDERR_FILENO, words, std::strlen(words)));
}

template <class Work>
void on_another_thread(Work work) {
  std::thread(work).join();
}

void expect_stopped(const test::ChildEnd& end) {
  ASSERT_TRUE(end.stopped) << "the second free() came back as if all were well";
  EXPECT_TRUE(end.said.contains("the block is free already"))
      << "the process ended, but the line does not say why: the caller reads \""
      << end.said.substr(end.said.find_last_of(':') + 1) << "\"";
}

TEST(FreedTwice, ASecondFreeOnTheSameThreadIsStopped) {
  expect_stopped(test::end_in_child([] {
    const Memory block = malloc(kSize);
    free(block);
    free(block);
  }));
}

TEST(FreedTwice, ASecondFreeOnAnotherThreadIsStopped) {
  expect_stopped(test::end_in_child([] {
    const Memory block = malloc(kSize);
    free(block);
    on_another_thread([block] { free(block); });
  }));
}

TEST(FreedTwice, ASecondFreeLongAfterTheFirstIsStopped) {
  expect_stopped(test::end_in_child([] {
    const Memory block = malloc(kSize);
    free(block);
    for (int i = 0; i < 5; ++i) {
      const Memory first = malloc(4 * kSize);
      const Memory second = malloc(2 * kSize);
      free(second);
      free(first);
    }
    free(block);
  }));
}

TEST(FreedTwice, ASecondFreeAfterTheBlockMovedToTheCentreIsStopped) {
  expect_stopped(test::end_in_child([] {
    const Memory block = malloc(kSize);
    free(block);
    trim();  // this thread's blocks go to the centre
    free(block);
  }));
}

TEST(FreedTwice, AWriteAfterTheFirstFreeIsNotForgotten) {
  const test::ChildEnd end = test::end_in_child([] {
    const Memory block = malloc(kSize);
    free(block);
    block.base[100] = std::byte{1};
    free(block);
    static_cast<void>(malloc(kSize));
  });
  EXPECT_TRUE(end.stopped)
      << "somebody wrote into a free block; the second free() has filled it "
         "anew, so that nobody can find the trace";
}

TEST(FreedTwice, NoTwoOwnersGetOneBlock) {
  const test::ChildEnd end = test::end_in_child([] {
    const Memory block = malloc(kSize);
    free(block);
    on_another_thread([block] {
      free(block);
      const Memory theirs = malloc(kSize);
      on_another_thread([theirs] { free(theirs); });
    });
    const Memory one = malloc(kSize);
    const Memory other = malloc(kSize);
    if (one.base == other.base) say("shared");
  });
  EXPECT_FALSE(end.said.contains("shared"))
      << "two calls of malloc() have returned the same block, and neither "
         "owner "
         "knows of the other";
}

TEST(FreedTwice, ABlockMayBeTakenAndFreedAgainAndAgain) {
  const test::ChildEnd end = test::end_in_child([] {
    for (int i = 0; i < 3; ++i)
      free(malloc(kSize));
  });
  EXPECT_FALSE(end.stopped)
      << "a program without a mistake was stopped: " << end.said;
}

TEST(FreedTwice, ABlockMayGoRoundBetweenTwoThreads) {
  const test::ChildEnd end = test::end_in_child([] {
    for (int i = 0; i < 3; ++i) {
      const Memory block = malloc(kSize);
      on_another_thread([block] { free(block); });
      on_another_thread([] { free(malloc(kSize)); });
    }
  });
  EXPECT_FALSE(end.stopped)
      << "one thread takes and another one frees, which is what this pool is "
         "for; it was stopped: "
      << end.said;
}

TEST(FreedTwice, AnOwnerMayWriteAnyBytes) {
  const test::ChildEnd end = test::end_in_child([] {
    for (int byte = 0; byte < 256; ++byte) {
      const Memory block = malloc(kSize);
      std::memset(block.base, byte, block.capacity);
      free(block);
    }
  });
  EXPECT_FALSE(end.stopped)
      << "an owner filled his block with one byte and freed it once; it was "
         "stopped: "
      << end.said;
}

TEST(FreedTwice, AWrongCapacityHasALineOfItsOwn) {
  const test::ChildEnd end =
      test::end_in_child([] { free({malloc(kSize).base, kSize / 2}); });
  EXPECT_TRUE(end.said.contains("not the capacity"))
      << "the line was \"" << end.said << "\"";
}

TEST(FreedTwice, APointerIntoABlockHasALineOfItsOwn) {
  const test::ChildEnd end = test::end_in_child([] {
    const Memory block = malloc(kSize);
    std::memset(block.base, 0, block.capacity);
    free({block.base + kSize / 2, kSize / 2});
  });
  EXPECT_TRUE(end.said.contains("not a block of this pool"))
      << "the line was \"" << end.said << "\"";
}

}  // namespace
}  // namespace netpoll::mcache
