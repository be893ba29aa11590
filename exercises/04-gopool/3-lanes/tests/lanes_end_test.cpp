// SPDX-License-Identifier: Apache-2.0
// Lanes from outside: tasks that throw, that call go(), that are destroyed; and
// the end of lanes and pools.
#include "lanes.h"

#include <gtest/gtest.h>

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
#include "support.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::Count;
using test::Crowd;
using test::Door;
using test::OpenAtEnd;
using test::stay;
using test::TestLanes;
using test::TestPool;
using test::wait_for;

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
    // Lets the destructor begin. On a busy machine one yield may take long.
    const auto end = std::chrono::steady_clock::now() + 20ms;
    for (int i = 0; i < 200 && std::chrono::steady_clock::now() < end; ++i)
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
