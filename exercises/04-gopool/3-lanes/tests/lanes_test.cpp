// SPDX-License-Identifier: Apache-2.0
// Lanes from outside: what runs, how many at once, in which order, on whom.
#include "lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "gopool/bounded.h"
#include "gopool/crossing.h"
#include "support.h"

namespace netpoll {
namespace {

using test::comes_back;
using test::Count;
using test::Crowd;
using test::Door;
using test::kCanStepIn;
using test::OpenAtEnd;
using test::stay;
using test::step_in_at;
using test::TestLanes;
using test::TestPool;
using test::wait_for;

TEST(Lanes, ATaskRunsOnAWorkerOfThePool) {
  const TestPool pool({.cap = 2});
  TestLanes lanes(pool, 2);
  const Count ran;
  const auto on_worker = std::make_shared<std::atomic<bool>>(false);
  lanes.go("db", [=, shared = pool.share().get()] {
    *on_worker = shared->is_own_worker();
    ran.raise();
  });
  ASSERT_TRUE(wait_for([&] { return ran.get() == 1; }))
      << "a task was handed over, its lane was empty, and it did not run";
  EXPECT_TRUE(*on_worker) << "it ran on a thread that is none of the pool's";
}

TEST(Lanes, AsManyAsAllowedRunAtOnce) {
  const TestPool pool({.cap = 10});
  TestLanes lanes(pool, 3);
  const Crowd crowd;
  const Door door;
  const OpenAtEnd opener{door};
  for (int i = 0; i < 3; ++i)
    lanes.go("db", stay(crowd, door));
  EXPECT_TRUE(wait_for([&] { return crowd.inside() == 3; }))
      << "3 of a kind are allowed, 3 were handed over, and " << crowd.inside()
      << " run";
}

TEST(Lanes, NeverMoreThanAllowed) {
  const TestPool pool({.cap = 10});
  TestLanes lanes(pool, 3);
  const Crowd crowd;
  const Door door;
  for (int i = 0; i < 8; ++i)
    lanes.go("db", stay(crowd, door));
  wait_for([&] { return crowd.inside() >= 3; });
  wait_for([&] { return pool->queued() == 0; });
  door.open();
  if (lanes.is_stuck()) return;
  lanes.wait_quiet();
  lanes.end();
  EXPECT_EQ(crowd.most(), 3)
      << "3 of a kind are allowed, 8 were handed over; so many ran together";
}

TEST(Lanes, TheOthersRunWhenAPlaceIsFree) {
  const TestPool pool({.cap = 10});
  TestLanes lanes(pool, 2);
  const Count ran;
  const Door door;
  for (int i = 0; i < 20; ++i) {
    lanes.go("db", [=] {
      door.pass();
      ran.raise();
    });
  }
  door.open();
  if (lanes.is_stuck()) return;
  EXPECT_TRUE(wait_for([&] { return ran.get() == 20; }))
      << "20 tasks were handed over, none of them blocks any more, and "
      << ran.get() << " have run";
}

TEST(Lanes, EachKindHasItsOwnPlaces) {
  const TestPool pool({.cap = 10});
  TestLanes lanes(pool, 1);
  const Crowd crowd;
  const Door door;
  const OpenAtEnd opener{door};
  lanes.go("db", stay(crowd, door));
  lanes.go("file", stay(crowd, door));
  lanes.go("mail", stay(crowd, door));
  EXPECT_TRUE(wait_for([&] { return crowd.inside() == 3; }))
      << "three kinds, one task of each, and " << crowd.inside() << " run";
}

TEST(Lanes, ATaskThatWaitsTakesNoWorker) {
  const TestPool pool({.cap = 3});
  TestLanes lanes(pool, 1);
  const Crowd crowd;
  const Door door;
  const OpenAtEnd opener{door};
  const Count other;
  for (int i = 0; i < 6; ++i)
    lanes.go("db", stay(crowd, door));
  wait_for([&] { return crowd.inside() == 1; });
  lanes.go("file", [=] { other.raise(); });
  EXPECT_TRUE(wait_for([&] { return other.get() == 1; }))
      << "one task of a kind runs and 5 wait; the pool has 3 workers, and none "
         "of them is free for a task of another kind";
}

TEST(Lanes, GoComesBackAtOnceWhenItsLaneIsFull) {
  const TestPool pool({.cap = 3});
  TestLanes lanes(pool, 1);
  const Crowd crowd;
  const Door door;
  const OpenAtEnd opener{door};
  lanes.go("db", stay(crowd, door));
  wait_for([&] { return crowd.inside() == 1; });
  lanes.go("db", [] {});
}

TEST(Lanes, LookingForAPlaceAndTakingItAreOneStep) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  for (int crossing = 1; crossing <= 8 && !HasFailure(); ++crossing) {
    const TestPool pool({.cap = 4});
    TestLanes lanes(pool, 1);
    const Crowd crowd;
    const Door door;
    const bool came = comes_back([=, there = lanes.share()] {
      const auto again = there.get();
      step_in_at(crossing, [=] { again->go("db", stay(crowd, door)); });
      there->go("db", stay(crowd, door));
    });
    const OpenAtEnd opener{door};
    if (!came) return;  // what other tests say
    wait_for([&] { return crowd.inside() >= 1 && pool->queued() == 0; });
    door.open();
    lanes.wait_quiet();
    lanes.end();
    EXPECT_EQ(crowd.most(), 1)
        << "two calls of go() came together, just before or just after one of "
           "them had a lock; 1 of a kind is allowed, so many ran together";
  }
}

TEST(Lanes, ALaneOfOneKeepsTheOrder) {
  const TestPool pool({.cap = 4});
  TestLanes lanes(pool, 1);
  const auto order = std::make_shared<std::vector<int>>();
  const Door door;
  lanes.go("db", [=] { door.pass(); });
  for (int i = 0; i < 50; ++i)
    lanes.go("db", [=] { order->push_back(i); });
  door.open();
  if (lanes.is_stuck()) return;
  lanes.wait_quiet();
  lanes.end();
  EXPECT_EQ(order->size(), 50U) << "so many of 50 tasks have run";
  EXPECT_TRUE(std::ranges::is_sorted(*order))
      << "a task began before one that had come earlier";
}

TEST(Lanes, ALongLaneDoesNotKeepTheWorkerFromOtherKinds) {
  const TestPool pool({.cap = 1});
  TestLanes lanes(pool, 1);
  const Door door;
  const Count before;
  const auto many_before_one = std::make_shared<std::atomic<int>>(-1);
  lanes.go("db", [=] { door.pass(); });
  for (int i = 0; i < 20; ++i)
    lanes.go("db", [=] { before.raise(); });
  lanes.go("file", [=] { *many_before_one = before.get(); });
  door.open();
  if (lanes.is_stuck()) return;
  lanes.wait_quiet();
  lanes.end();
  EXPECT_LE(*many_before_one, 2)
      << "the only worker runs one kind after the other, or so it should; so "
         "many tasks of the long lane came before the one of another kind";
}

}  // namespace
}  // namespace netpoll
