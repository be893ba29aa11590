// SPDX-License-Identifier: Apache-2.0
// Lanes from outside: what runs, how many at once, in which order, on whom.
#include "lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gopool/bounded.h"
#include "gopool/crossing.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::comes_back;
using test::Count;
using test::Door;
using test::kCanStepIn;
using test::step_in_at;
using test::TestPool;
using test::wait_for;

// Lanes that are destroyed at the test's end, and left alone if that hangs.
class TestLanes {
 public:
  TestLanes(const TestPool& pool, std::size_t at_most)
      : pool_(pool), lanes_(std::make_shared<Lanes>(*pool.share(), at_most)) {}
  ~TestLanes() { end(); }
  TestLanes(const TestLanes&) = delete;
  TestLanes& operator=(const TestLanes&) = delete;

  Lanes* operator->() const { return lanes_.get(); }
  Lanes* get() const { return lanes_.get(); }
  std::shared_ptr<Lanes> share() const { return lanes_; }

  // Calls go(), unless an earlier call has not come back. After the first one a
  // worker has come.
  void go(const std::string& kind, Task task) {
    if (stuck_) return;
    stuck_ =
        !comes_back([there = lanes_, kind, task = std::move(task)]() mutable {
          there->go(kind, std::move(task));
          there.reset();
        });
    if (std::exchange(first_, false)) {
      wait_for([this] { return pool_->queued() == 0; });
    }
    if (stuck_) {
      ADD_FAILURE() << "go() does not come back while another task runs or its "
                       "lane is full: the poller would wait there with all its "
                       "connections";
    }
  }
  bool is_stuck() const { return stuck_; }
  // Waits until no task runs or waits.
  void wait_quiet() const {
    if (!stuck_) wait_for([this] { return lanes_->kinds() == 0; });
  }

  void end() {
    if (!lanes_) return;
    auto* const mine = new std::shared_ptr(std::exchange(lanes_, nullptr));
    if (!comes_back([mine] { delete mine; })) {
      ADD_FAILURE() << "the destructor of Lanes waits for something that does "
                       "not come";
    }
  }

 private:
  const TestPool& pool_;
  std::shared_ptr<Lanes> lanes_;
  bool stuck_ = false;
  bool first_ = true;
};

// Opens a door at the test's end, however the test ends.
struct OpenAtEnd {
  const Door& door;
  ~OpenAtEnd() { door.open(); }
};

// Counts who is inside, and the most that ever were. Copies are one and the
// same.
class Crowd {
 public:
  void enter() const {
    const int now = ++*inside_;
    int seen = *most_;
    while (seen < now && !most_->compare_exchange_weak(seen, now)) {
    }
  }
  void leave() const { --*inside_; }
  int inside() const { return *inside_; }
  int most() const { return *most_; }

 private:
  using Number = std::shared_ptr<std::atomic<int>>;
  Number inside_ = std::make_shared<std::atomic<int>>(0);
  Number most_ = std::make_shared<std::atomic<int>>(0);
};

// A task that stays inside until the door opens.
Task stay(const Crowd& crowd, const Door& door) {
  return [=] {
    crowd.enter();
    door.pass();
    crowd.leave();
  };
}

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

TEST(Lanes, ATaskThatThrowsLeavesItsPlace) {
  const Count caught;
  const TestPool pool(
      {.cap = 2,
       .on_panic = [caught](const std::exception_ptr&) { caught.raise(); }});
  TestLanes lanes(pool, 1);
  const Count ran;
  const Door door;
  lanes.go("db", [=] {
    door.pass();
    throw std::runtime_error("no such table");
  });
  lanes.go("db", [=] { ran.raise(); });
  door.open();
  if (lanes.is_stuck()) return;
  EXPECT_TRUE(wait_for([&] { return ran.get() == 1; }))
      << "a task of the kind threw, and the next one never runs";
  EXPECT_TRUE(wait_for([&] { return caught.get() == 1; }))
      << "what the task threw did not come to on_panic of the pool";
}

TEST(Lanes, ATaskMayHandOverOneOfItsOwnKind) {
  const TestPool pool({.cap = 2});
  TestLanes lanes(pool, 1);
  const Count ran;
  const auto there = lanes.get();
  lanes.go("db", [=] {
    there->go("db", [=] { ran.raise(); });
    ran.raise();
  });
  EXPECT_TRUE(wait_for([&] { return ran.get() == 2; }))
      << "a task called go(), and " << ran.get()
      << " of 2 tasks have run: is a lock held while a task runs?";
}

// Says when the last copy of what a task has captured is gone.
struct Captured {
  Captured() = default;
  ~Captured() {
    if (at_end) at_end();
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  std::function<void()> at_end;
};

TEST(Lanes, WhatATaskCapturedIsGoneBeforeTheNextBegins) {
  const TestPool pool({.cap = 2});
  TestLanes lanes(pool, 1);
  const Count gone;
  const Count ran;
  const auto seen = std::make_shared<std::atomic<int>>(-1);
  auto connection = std::make_unique<Captured>();
  connection->at_end = [gone] {  // takes long, so that others can be quick
    const auto end = std::chrono::steady_clock::now() + 20ms;
    while (std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    gone.raise();
  };
  const Door door;
  const Count began;
  lanes.go("db", [began, door, held = std::move(connection)] {
    began.raise();
    door.pass();
  });
  wait_for([&] { return began.get() == 1; });
  lanes.go("db", [=] {
    *seen = gone.get();
    ran.raise();
  });
  door.open();
  ASSERT_TRUE(wait_for([&] { return ran.get() == 1; }))
      << "the second task did not run";
  EXPECT_EQ(*seen, 1)
      << "the first task held the only connection; the second began while it "
         "was still held";
}

TEST(Lanes, ADestructorOfATaskMayHandOverAnother) {
  const TestPool pool({.cap = 2});
  TestLanes lanes(pool, 1);
  const Count ran;
  const auto there = lanes.get();
  auto last_words = std::make_unique<Captured>();
  last_words->at_end = [=] { there->go("db", [=] { ran.raise(); }); };
  lanes.go("db", [=, held = std::move(last_words)] { ran.raise(); });
  EXPECT_TRUE(wait_for([&] { return ran.get() == 2; }))
      << "what a task had captured called go() as it was destroyed, and "
      << ran.get() << " of 2 tasks have run: is a lock held there?";
}

TEST(Lanes, TheDestructorWaitsForTheTasks) {
  const TestPool pool({.cap = 2});
  TestLanes lanes(pool, 1);
  const Crowd crowd;
  const Door door;
  const OpenAtEnd opener{door};
  const Count ran;
  lanes.go("db", stay(crowd, door));
  ASSERT_TRUE(wait_for([&] { return crowd.inside() == 1; }))
      << "the task did not run";
  for (int i = 0; i < 5; ++i)
    lanes.go("db", [=] { ran.raise(); });
  std::thread opens([door, shared = pool.share()] {
    for (int turn = 0; turn < 200; ++turn)  // let the destructor begin
      std::this_thread::yield();
    door.open();
  });
  lanes.end();
  EXPECT_EQ(ran.get(), 5)
      << "the destructor is done; 5 tasks waited, and so many have run";
  opens.join();
}

TEST(Lanes, AKindWithoutTasksIsForgotten) {
  const TestPool pool({.cap = 4});
  TestLanes lanes(pool, 1);
  const Count ran;
  for (int i = 0; i < 100; ++i)
    lanes.go("client " + std::to_string(i), [=] { ran.raise(); });
  ASSERT_TRUE(wait_for([&] { return ran.get() == 100; }))
      << ran.get() << " of 100 tasks have run";
  EXPECT_TRUE(wait_for([&] { return lanes->kinds() == 0; }))
      << "all tasks have run, and " << lanes->kinds()
      << " kinds are remembered: one for each client that ever came";
}

TEST(Lanes, TheNumbersAreTrue) {
  const TestPool pool({.cap = 10});
  TestLanes lanes(pool, 2);
  const Crowd crowd;
  const Door door;
  const OpenAtEnd opener{door};
  for (int i = 0; i < 5; ++i)
    lanes.go("db", stay(crowd, door));
  ASSERT_TRUE(wait_for([&] { return crowd.inside() == 2; }))
      << "2 of a kind are allowed, and " << crowd.inside() << " run";
  EXPECT_EQ(lanes->running("db"), 2U);
  EXPECT_EQ(lanes->waiting("db"), 3U);
  EXPECT_EQ(lanes->running("file"), 0U);
  EXPECT_EQ(lanes->kinds(), 1U);
}

TEST(Lanes, ADrainOfThePoolRunsWhatWaits) {
  TestPool pool({.cap = 2});
  TestLanes lanes(pool, 1);
  const Door door;
  const Count began;
  const Count ran;
  lanes.go("db", [=] {
    began.raise();
    door.pass();
  });
  ASSERT_TRUE(wait_for([&] { return began.get() == 1; }))
      << "the first task did not run";
  for (int i = 0; i < 200; ++i)
    lanes.go("db", [=] { ran.raise(); });
  std::thread opens([door, shared = pool.share()] {
    wait_for([&] { return shared->is_stopped(); });
    door.open();
  });
  pool.stop(Stop::drain);
  opens.join();
  EXPECT_EQ(ran.get(), 200) << "a stopped pool takes no task any more; 1000 "
                               "waited in their lane, and "
                               "so many have run";
}

TEST(Lanes, ARefusalOfThePoolGivesThePlaceBack) {
  const auto fails = std::make_shared<std::atomic<bool>>(true);
  const TestPool pool({.cap = 2, .start_thread = [fails](Task body) {
                         if (*fails) throw std::runtime_error("no thread");
                         return std::thread(std::move(body));
                       }});
  TestLanes lanes(pool, 1);
  const Count ran;
  lanes.go("db", [=] { ran.raise(); });
  EXPECT_EQ(lanes->running("db"), 0U)
      << "the pool could start no thread; the task has no worker";
  *fails = false;
  lanes.go("db", [=] { ran.raise(); });
  EXPECT_TRUE(wait_for([&] { return ran.get() == 2; }))
      << "the pool refused once, then there were threads again; " << ran.get()
      << " of 2 tasks have run";
}

TEST(Lanes, ManySubmittersLoseNothing) {
  const TestPool pool({.cap = 8});
  TestLanes lanes(pool, 2);
  const Count ran;
  std::vector<std::thread> submitters;
  for (int i = 0; i < 3; ++i) {
    submitters.emplace_back([=, there = lanes.get()] {
      for (int round = 0; round < 50; ++round)
        there->go(round % 2 == 0 ? "db" : "file", [=] { ran.raise(); });
    });
  }
  for (std::thread& submitter : submitters)
    submitter.join();
  EXPECT_TRUE(wait_for([&] { return ran.get() == 150; }))
      << "150 tasks were handed over by 3 threads; not all of them have run";
}

}  // namespace
}  // namespace netpoll
