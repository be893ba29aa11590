// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/ref.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace netpoll {
namespace {

// Counts in `deleted` how many of its kind have been deleted.
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

TEST(Ref, IntoRawKeepsTheCountUntilFromRawTakesItOver) {
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

// Broken variant: a Ref<Derived> that is moved is copied and then dropped.
TEST(Ref, OfTheBaseTakesOverTheCountOfAMovedRef) {
  int deleted = 0;
  int own = 0;
  Ref<Derived> derived = make_ref<Derived>(deleted, own);
  const Ref<Counted> base = std::move(derived);
  EXPECT_FALSE(derived);  // NOLINT(bugprone-use-after-move): what it leaves
  EXPECT_EQ(base->holders(), 1u);
}

// Counts in `held` how many Refs of its own type there are, as a Connection
// counts those of its users.
class CountsItsOwn final : public Counted {
 public:
  CountsItsOwn(int& deleted, int& held) : Counted(deleted), held_(held) {
    ++held_;
  }
  void add_ref() const {
    ++held_;
    Counted::add_ref();
  }
  void drop_ref() const {
    --held_;
    Counted::drop_ref();
  }

 private:
  int& held_;
};

// Broken variant: the count is taken over, and the Ref to the base drops a
// holder that only the type itself had counted.
TEST(Ref, OfTheBaseTakesOverNoCountOfATypeThatCountsItsOwn) {
  int deleted = 0;
  int held = 0;
  Ref<Counted> base;
  {
    Ref<CountsItsOwn> own = make_ref<CountsItsOwn>(deleted, held);
    base = std::move(own);
  }
  EXPECT_EQ(held, 0);
  EXPECT_EQ(base->holders(), 1u);
}

// Tells in `seen` what its last holder found in `note`.
class Noted final : public RefCounted<Noted> {
 public:
  explicit Noted(int& seen) : seen_(seen) {}
  ~Noted() { seen_ = note; }

  int note = 0;

 private:
  int& seen_;
};

// For ThreadSanitizer: only the count orders the write before the deletion.
// Broken variant: one of the two drops does not release, or not acquire.
TEST(Ref, TheLastHolderSeesWhatAFormerOneDid) {
  int seen = 0;
  Ref<Noted> last = make_ref<Noted>(seen);
  std::atomic<bool> dropped{false};
  const std::jthread former([&dropped, mine = last]() mutable {
    mine->note = 7;
    mine = nullptr;
    dropped.store(true, std::memory_order_relaxed);
  });
  while (!dropped.load(std::memory_order_relaxed))
    std::this_thread::yield();
  last = nullptr;
  EXPECT_EQ(seen, 7);
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

}  // namespace
}  // namespace netpoll
