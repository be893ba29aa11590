// SPDX-License-Identifier: Apache-2.0
//
// How often a poller runs the tasks of an operator itself, once they were slow.
#include "netpoll/poller/trust.h"

#include <gtest/gtest.h>

namespace netpoll {
namespace {

// How many tasks go to the workers before the poller tries one again.
int skipped(Trust& trust) {
  int count = 0;
  while (!trust.try_next())
    ++count;
  return count;
}

TEST(Trust, BeginsWithATry) {
  Trust trust;
  EXPECT_EQ(skipped(trust), 0);
}

TEST(Trust, IsKeptByFastTasks) {
  Trust trust;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(skipped(trust), 0);
    trust.was_fast();
  }
}

// Nobody says that a task was slow: its thread may not lead any more.
TEST(Trust, TriesBecomeRarerWhileTasksAreSlow) {
  Trust trust;
  EXPECT_EQ(skipped(trust), 0);
  for (const int expected : {1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1023}) {
    EXPECT_EQ(skipped(trust), expected);
  }
}

TEST(Trust, ComesBackWithOneFastTask) {
  Trust trust;
  for (int i = 0; i < 5; ++i)
    static_cast<void>(skipped(trust));
  trust.was_fast();
  EXPECT_EQ(skipped(trust), 0);
  EXPECT_EQ(skipped(trust), 1);
}

}  // namespace
}  // namespace netpoll
