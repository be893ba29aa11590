// SPDX-License-Identifier: Apache-2.0
//
// Programs whose outcomes are known: what C++ allows must be seen, what it
// forbids must not.
#include <gtest/gtest.h>

#include <string>

#include "model/litmus.h"

namespace netpoll::model {
namespace {

TEST(Explorer, MessageArrivesByReleaseAndAcquire) {
  EXPECT_EQ(message(kRelease, kAcquire).failure, "");
}

TEST(Explorer, MessageWithoutReleaseIsARace) {
  EXPECT_NE(message(kRelaxed, kAcquire).failure.find("data race"),
            std::string::npos);
}

TEST(Explorer, MessageWithoutAcquireIsARace) {
  EXPECT_NE(message(kRelease, kRelaxed).failure.find("data race"),
            std::string::npos);
}

TEST(Explorer, RelaxedFlagMayBeSeenBeforeWhatWasStoredFirst) {
  const Threads threads = {[](World& w) {
                             w.x.store(1, kRelaxed);
                             w.y.store(1, kRelaxed);
                           },
                           [](World& w) {
                             w.a.set(w.y.load(kRelaxed));
                             w.b.set(w.x.load(kRelaxed));
                           }};
  EXPECT_EQ(all_outcomes(threads).outcomes, (Outcomes{"00", "01", "10", "11"}));
}

TEST(Explorer, ReleasedFlagIsNeverSeenBeforeWhatWasStoredFirst) {
  const Threads threads = {[](World& w) {
                             w.x.store(1, kRelaxed);
                             w.y.store(1, kRelease);
                           },
                           [](World& w) {
                             w.a.set(w.y.load(kAcquire));
                             w.b.set(w.x.load(kRelaxed));
                           }};
  EXPECT_EQ(all_outcomes(threads).outcomes, (Outcomes{"00", "01", "11"}));
}

TEST(Explorer, StoreBufferingLetsBothMissTheOther) {
  const Threads threads = {[](World& w) {
                             w.x.store(1, kRelease);
                             w.a.set(w.y.load(kAcquire));
                           },
                           [](World& w) {
                             w.y.store(1, kRelease);
                             w.b.set(w.x.load(kAcquire));
                           }};
  EXPECT_EQ(all_outcomes(threads).outcomes, (Outcomes{"00", "01", "10", "11"}));
}

// The key chain's way out: the two meet in one word, by exchanges.
TEST(Explorer, ExchangesOnOneWordNeverLetBothMissTheOther) {
  const Threads threads = {[](World& w) {
                             w.x.store(1, kRelaxed);
                             w.data.get();
                             w.a.set(w.y.exchange(1, kAcqRel));
                           },
                           [](World& w) {
                             w.b.set(w.y.exchange(1, kAcqRel));
                             w.c.set(w.x.load(kRelaxed));
                           }};
  // First thread first: the second sees x. Else the first sees the exchange.
  EXPECT_EQ(all_outcomes(threads).outcomes, (Outcomes{"011", "100", "101"}));
}

TEST(Explorer, ReadsOfOneWordNeverGoBack) {
  const Threads threads = {[](World& w) { w.x.store(1, kRelaxed); },
                           [](World& w) {
                             w.a.set(w.x.load(kRelaxed));
                             w.b.set(w.x.load(kRelaxed));
                           }};
  EXPECT_EQ(all_outcomes(threads).outcomes, (Outcomes{"00", "01", "11"}));
}

// What one thread read, another that heard of it cannot unread.
TEST(Explorer, ReadsOfOneWordNeverGoBackAcrossThreads) {
  const Threads threads = {[](World& w) { w.x.store(1, kRelaxed); },
                           [](World& w) {
                             w.a.set(w.x.load(kRelaxed));
                             w.y.store(1, kRelease);
                           },
                           [](World& w) {
                             w.b.set(w.y.load(kAcquire));
                             w.c.set(w.x.load(kRelaxed));
                           }};
  const Outcomes outcomes = all_outcomes(threads).outcomes;
  EXPECT_FALSE(outcomes.contains("110"));
  EXPECT_TRUE(outcomes.contains("111"));
  EXPECT_TRUE(outcomes.contains("100"));
}

TEST(Explorer, TwoReadersMayDisagreeWhichStoreCameFirst) {
  const Threads threads = {[](World& w) { w.x.store(1, kRelease); },
                           [](World& w) { w.y.store(1, kRelease); },
                           [](World& w) {
                             w.a.set(w.x.load(kAcquire));
                             w.b.set(w.y.load(kAcquire));
                           },
                           [](World& w) {
                             w.c.set(w.y.load(kAcquire));
                             w.d.set(w.x.load(kAcquire));
                           }};
  const Outcomes outcomes = all_outcomes(threads).outcomes;
  EXPECT_TRUE(outcomes.contains("1010"));
  EXPECT_EQ(outcomes.size(), 16u);
}

TEST(Explorer, TwoReadersWhoExchangeNeverDisagree) {
  const Threads threads = {[](World& w) { w.x.exchange(1, kAcqRel); },
                           [](World& w) { w.y.exchange(1, kAcqRel); },
                           [](World& w) {
                             w.a.set(w.x.fetch_or(0, kAcqRel));
                             w.b.set(w.y.fetch_or(0, kAcqRel));
                           },
                           [](World& w) {
                             w.c.set(w.y.fetch_or(0, kAcqRel));
                             w.d.set(w.x.fetch_or(0, kAcqRel));
                           }};
  const Outcomes outcomes = all_outcomes(threads).outcomes;
  EXPECT_FALSE(outcomes.contains("1010"));
  EXPECT_EQ(outcomes.size(), 15u);
}

TEST(Explorer, ReleaseGoesThroughARelaxedExchange) {
  const Threads threads = {[](World& w) {
                             w.data.set(1);
                             w.x.store(1, kRelease);
                           },
                           [](World& w) { w.x.fetch_add(1, kRelaxed); },
                           [](World& w) {
                             if (w.x.load(kAcquire) == 2) w.data.get();
                           }};
  EXPECT_EQ(explore<World>(threads).failure, "");
}

// It did until C++20.
TEST(Explorer, ReleaseDoesNotGoThroughALaterStoreOfTheSameThread) {
  const Threads threads = {[](World& w) {
                             w.data.set(1);
                             w.x.store(1, kRelease);
                             w.x.store(2, kRelaxed);
                           },
                           [](World& w) {
                             if (w.x.load(kAcquire) == 2) w.data.get();
                           }};
  EXPECT_NE(explore<World>(threads).failure.find("data race"),
            std::string::npos);
}

}  // namespace
}  // namespace netpoll::model
