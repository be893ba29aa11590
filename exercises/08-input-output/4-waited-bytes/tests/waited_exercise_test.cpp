// SPDX-License-Identifier: Apache-2.0
// The reader and the poller around BasicWaitedBytes, as in input.cpp: under
// every interleaving, and every value that the memory model allows.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>

#include "model/explorer.h"
#include "netpoll/connection/waited_bytes.h"

// Not in an unnamed namespace: the model prints the names of these functions.
namespace netpoll::waited_exercise {

using model::explore;
using model::Report;

struct World {
  BasicWaitedBytes<model::Sync> waited;
  model::Atomic<std::size_t> size{0};  // the buffer's; relaxed: all is on you
  model::Atomic<bool> bell{false};     // wakes the reader
};

// The poller.
void bring_a_byte(World& w) {
  const std::size_t size = w.size.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::size_t wanted = w.waited.after_commit();
  if (wanted != 0 && size >= wanted)
    w.bell.store(true, std::memory_order_release);
}

bool is_there(World& w, std::size_t n) {
  return w.size.load(std::memory_order_relaxed) >= n;
}

// The reader.
void wait_for_bytes(World& w, std::size_t n) {
  for (;;) {
    w.waited.set(n);
    if (is_there(w, n)) break;
    while (!w.bell.load(std::memory_order_acquire))
      model::Sync::yield();
    w.bell.exchange(false, std::memory_order_acq_rel);
  }
  w.waited.clear();
}

// A reader whose time is over: it looks once and does not sleep.
void give_up(World& w, std::size_t n) {
  w.waited.set(n);
  static_cast<void>(is_there(w, n));
  w.waited.clear();
}

void expect_woken(const Report& report) {
  const bool unknown = report.failure.contains("not modelled");
  EXPECT_TRUE(report.failure.empty())
      << (unknown ? "the model knows relaxed, acquire, release and acq_rel:\n"
                  : "the bytes are there, and the reader sleeps for ever. It "
                    "came like this:\n")
      << report.failure;
}

TEST(WaitedExercise, ThePollerFindsTheNumberThatWasSet) {
  BasicWaitedBytes<StdSync> waited;
  EXPECT_EQ(waited.after_commit(), 0U) << "nobody waits yet";
  waited.set(1000);
  EXPECT_EQ(waited.after_commit(), 1000U);
}

TEST(WaitedExercise, ThePollerMayAskTwice) {
  BasicWaitedBytes<StdSync> waited;
  waited.set(1000);
  waited.after_commit();  // 400 bytes: not enough
  EXPECT_EQ(waited.after_commit(), 1000U)
      << "the poller asked before, when too few bytes were there; the reader "
         "still waits for 1000";
}

TEST(WaitedExercise, TheLastNumberCounts) {
  BasicWaitedBytes<StdSync> waited;
  waited.set(1000);
  waited.set(1000);  // woken too early, it says so again
  EXPECT_EQ(waited.after_commit(), 1000U) << "the reader never needs more";
  waited.set(8);
  EXPECT_EQ(waited.after_commit(), 8U);
}

TEST(WaitedExercise, AfterClearNobodyWaits) {
  BasicWaitedBytes<StdSync> waited;
  waited.set(1000);
  waited.clear();
  EXPECT_EQ(waited.after_commit(), 0U)
      << "the reader has its bytes; each later byte would wake it for nothing";
}

TEST(WaitedExercise, ASleeperIsWoken) {
  expect_woken(
      explore<World>({bring_a_byte, [](World& w) { wait_for_bytes(w, 1); }}));
}

TEST(WaitedExercise, ASleeperIsWokenByTheLastOfItsBytes) {
  expect_woken(explore<World>({[](World& w) {
                                 bring_a_byte(w);
                                 bring_a_byte(w);
                               },
                               [](World& w) { wait_for_bytes(w, 2); }}));
}

TEST(WaitedExercise, ASleeperIsWokenTheSecondTime) {
  expect_woken(explore<World>({[](World& w) {
                                 bring_a_byte(w);
                                 bring_a_byte(w);
                               },
                               [](World& w) {
                                 wait_for_bytes(w, 1);
                                 wait_for_bytes(w, 2);
                               }}));
}

TEST(WaitedExercise, OneThatGaveUpAndWaitsForLessIsWoken) {
  expect_woken(explore<World>({bring_a_byte, [](World& w) {
                                 give_up(w, 2);
                                 wait_for_bytes(w, 1);
                               }}));
}

}  // namespace netpoll::waited_exercise
