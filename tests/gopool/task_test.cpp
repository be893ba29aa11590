// SPDX-License-Identifier: Apache-2.0
#include "netpoll/gopool/task.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <type_traits>
#include <utility>

namespace netpoll {
namespace {

static_assert(!std::is_copy_constructible_v<Task>);
static_assert(std::is_nothrow_move_constructible_v<Task>);
static_assert(!std::is_constructible_v<Task, int>);
static_assert(!std::is_constructible_v<Task, void (*)(int)>);

// Counts in `live` how many objects of its kind exist.
struct Alive {
  explicit Alive(int& live) : count(&live) { ++*count; }
  Alive(Alive&& other) noexcept : count(other.count) { ++*count; }
  ~Alive() { --*count; }
  int* count;
};

template <std::size_t kSize>
struct Sized {
  std::array<std::byte, kSize - sizeof(int*)> rest{};
  int* runs;
  void operator()() { ++*runs; }
};

struct alignas(64) Aligned {
  bool* well;
  void operator()() {
    *well = reinterpret_cast<std::uintptr_t>(this) % alignof(Aligned) == 0;
  }
};

TEST(Task, KeepsFiftySixBytesInside) {
  EXPECT_TRUE(Task::kFits<Sized<56>>);
  EXPECT_FALSE(Task::kFits<Sized<64>>);
  EXPECT_FALSE(Task::kFits<Aligned>);
  EXPECT_FALSE(Task::kFits<Alive>);  // its move counts
}

// Broken variant: kFits does not ask kMovesAsBytes.
TEST(Task, MoveCallsNoCodeOfTheUser) {
  struct Mover {
    explicit Mover(int& moves) : count(&moves) {}
    Mover(Mover&& other) noexcept : count(other.count) { ++*count; }
    void operator()() const {}
    int* count;
  };
  int moves = 0;
  Task task = Mover(moves);
  EXPECT_EQ(moves, 1);
  Task moved = std::move(task);
  task = std::move(moved);
  EXPECT_EQ(moves, 1);
}

TEST(Task, RunsWhatFitsAndWhatDoesNot) {
  int runs = 0;
  Task small = Sized<56>{.runs = &runs};
  Task large = Sized<4096>{.runs = &runs};
  small();
  large();
  EXPECT_EQ(runs, 2);
}

TEST(Task, KeepsTheAlignmentOfWhatIsOveraligned) {
  bool well = false;
  Task task = Aligned{&well};
  Task moved = std::move(task);
  moved();
  EXPECT_TRUE(well);
}

TEST(Task, HoldsWhatCannotBeCopied) {
  int seen = 0;
  Task task = [&seen, only = std::make_unique<int>(7)] { seen = *only; };
  task();
  EXPECT_EQ(seen, 7);
}

TEST(Task, IsEmptyUntilGivenAndOnceMovedFrom) {
  Task task;
  EXPECT_FALSE(task);
  task = [] {};
  EXPECT_TRUE(task);
  const Task taken = std::move(task);
  EXPECT_TRUE(taken);
  EXPECT_FALSE(task);  // NOLINT(bugprone-use-after-move): what is tested
}

TEST(Task, DestroysASmallCallableOnceAfterAMove) {
  int live = 0;
  {
    Task task = [alive = Alive(live)] { static_cast<void>(alive); };
    const Task moved = std::move(task);
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

TEST(Task, DestroysALargeCallableOnceAfterAMove) {
  int live = 0;
  {
    Task task = [alive = Alive(live), rest = std::array<char, 200>()] {
      static_cast<void>(alive);
      static_cast<void>(rest);
    };
    const Task moved = std::move(task);
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

// Says that it moves as bytes; counts what no constructor may count then.
struct AsBytes {
  using MovesAsBytes = void;
  explicit AsBytes(int& runs) : kept(&runs) {}
  AsBytes(AsBytes&& other) noexcept : kept(other.kept), moves(other.moves + 1) {
    other.kept = nullptr;
  }
  ~AsBytes() {
    if (kept != nullptr) *kept += 100;
  }
  void operator()() { *kept += 1 + 10 * (moves - 1); }
  int* kept;
  int moves = 0;
};

TEST(Task, MovesAsBytesWhatSaysThatItMay) {
  static_assert(Task::kMovesAsBytes<AsBytes>);
  static_assert(Task::kMovesAsBytes<Sized<56>>);
  static_assert(!Task::kMovesAsBytes<Alive>);
  int runs = 0;
  {
    Task task = AsBytes(runs);
    Task moved = std::move(task);
    task = std::move(moved);
    task();
  }
  EXPECT_EQ(runs, 101);  // run once, moved into the Task alone, destroyed once
}

TEST(Task, AssignmentDestroysWhatWasThere) {
  int live = 0;
  Task task = [alive = Alive(live)] { static_cast<void>(alive); };
  task = [] {};
  EXPECT_EQ(live, 0);
}

TEST(Task, DropsTheResultOfWhatItRuns) {
  int runs = 0;
  Task task = [&runs] { return ++runs; };
  task();
  task();
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace netpoll
