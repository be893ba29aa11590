// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/base/ref.h"
#include "netpoll/base/trigger.h"

namespace netpoll {
namespace {

// Says when it is deleted.
class Counted : public RefCounted<Counted> {
 public:
  explicit Counted(int& deleted) : deleted_(deleted) {}
  virtual ~Counted() { ++deleted_; }

 private:
  int& deleted_;
};

class Derived final : public Counted {
 public:
  Derived(int& deleted, int& own) : Counted(deleted), own_(own) {}
  ~Derived() override { ++own_; }

 private:
  int& own_;
};

TEST(Ref, DeletesWithTheLastHolderOnly) {
  int deleted = 0;
  Ref<Counted> first = make_ref<Counted>(deleted);
  Ref<Counted> second = first;
  first = nullptr;
  EXPECT_EQ(deleted, 0);
  second = nullptr;
  EXPECT_EQ(deleted, 1);
}

TEST(Ref, CountsItsHolders) {
  int deleted = 0;
  const Ref<Counted> first = make_ref<Counted>(deleted);
  EXPECT_EQ(first->holders(), 1u);
  const Ref<Counted> second = Ref<Counted>::share(*first);
  EXPECT_EQ(first->holders(), 2u);
  EXPECT_EQ(first, second);
}

TEST(Ref, MovesWithoutCounting) {
  int deleted = 0;
  Ref<Counted> first = make_ref<Counted>(deleted);
  const Ref<Counted> second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what it leaves
  EXPECT_EQ(second->holders(), 1u);
}

TEST(Ref, SurvivesAssignmentToItself) {
  int deleted = 0;
  Ref<Counted> ref = make_ref<Counted>(deleted);
  const Ref<Counted>& same = ref;
  ref = same;
  EXPECT_EQ(deleted, 0);
  EXPECT_EQ(ref->holders(), 1u);
}

TEST(Ref, LeakKeepsTheCountUntilAdopted) {
  int deleted = 0;
  Ref<Counted> ref = make_ref<Counted>(deleted);
  Counted* const raw = ref.into_raw();
  EXPECT_FALSE(ref);
  EXPECT_EQ(deleted, 0);
  Ref<Counted>::from_raw(raw) = nullptr;
  EXPECT_EQ(deleted, 1);
}

TEST(Ref, OfTheBaseDeletesTheDerivedObject) {
  int deleted = 0;
  int own = 0;
  Ref<Counted> base = make_ref<Derived>(deleted, own);
  EXPECT_EQ(base->holders(), 1u);
  base = nullptr;
  EXPECT_EQ(own, 1);
}

TEST(Ref, IsDroppedByManyThreadsOnce) {
  int deleted = 0;
  Ref<Counted> first = make_ref<Counted>(deleted);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([mine = first] {
      for (int round = 0; round < 1000; ++round)
        const Ref<Counted> more = mine;
    });
  }
  threads.clear();
  EXPECT_EQ(first->holders(), 1u);
  first = nullptr;
  EXPECT_EQ(deleted, 1);
}

constexpr Deadline kPassed = Deadline::min();

TEST(Trigger, RemembersAPullThatCameFirst) {
  Trigger trigger;
  trigger.pull();
  EXPECT_TRUE(trigger.wait_until(kPassed));
}

TEST(Trigger, AddsSeveralPullsUpToOne) {
  Trigger trigger;
  trigger.pull();
  trigger.pull();
  EXPECT_TRUE(trigger.wait_until(kPassed));
  EXPECT_FALSE(trigger.wait_until(kPassed));
}

TEST(Trigger, ForgetsAPullWhenCleared) {
  Trigger trigger;
  trigger.pull();
  trigger.clear();
  EXPECT_FALSE(trigger.wait_until(kPassed));
}

TEST(Trigger, WaitsUntilTheDeadlineAndNoLess) {
  Trigger trigger;
  const Deadline limit = Deadline::clock::now() + std::chrono::milliseconds(20);
  EXPECT_FALSE(trigger.wait_until(limit));
  EXPECT_GE(Deadline::clock::now(), limit);
}

TEST(Trigger, ShowsTheSleeperWhatWasWrittenBefore) {
  Trigger there;
  Trigger back;
  int ball = 0;  // plain: the triggers alone order it
  const std::jthread other([&] {
    for (int round = 0; round < 1000; ++round) {
      there.wait();
      ++ball;
      back.pull();
    }
  });
  for (int round = 0; round < 1000; ++round) {
    ++ball;
    there.pull();
    back.wait();
  }
  EXPECT_EQ(ball, 2000);
}

TEST(Trigger, MayGoAsSoonAsItsSleeperWoke) {
  for (int round = 0; round < 1000; ++round) {
    auto trigger = std::make_unique<Trigger>();
    const std::jthread waker([&it = *trigger] { it.pull(); });
    trigger->wait();
    trigger.reset();
  }
  SUCCEED() << "the sanitizers look for a pull() on freed memory";
}

TEST(DeadlineAfter, IsNeverWhenTheClockDoesNotGoSoFar) {
  EXPECT_EQ(deadline_after(std::chrono::milliseconds::max()), kNever);
  EXPECT_GE(deadline_after(std::chrono::hours(1)),
            Deadline::clock::now() + std::chrono::minutes(59));
  EXPECT_LT(deadline_after(std::chrono::hours(1)), kNever);
}

}  // namespace
}  // namespace netpoll
