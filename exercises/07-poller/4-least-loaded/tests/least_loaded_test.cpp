// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for: first one thread, then two in every order of
// their steps.
#include "least_loaded.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

#include "model/explorer.h"
#include "netpoll/base/sync.h"

namespace netpoll {
namespace {

using model::require;

constexpr std::size_t kPollers = 4;
using Loads = std::array<std::size_t, kPollers>;

class LeastLoadedExercise : public testing::Test {
 protected:
  Loads loads() const {
    Loads all{};
    for (std::size_t i = 0; i < kPollers; ++i)
      all[i] = balance_.load(i);
    return all;
  }
  // So many new connections: who got how many of them.
  Loads choose(std::size_t count) {
    Loads got{};
    for (std::size_t i = 0; i < count; ++i)
      ++got.at(balance_.choose());
    return got;
  }
  // The same, but each has ended before the next one comes.
  Loads choose_short_ones(std::size_t count) {
    Loads got{};
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t poller = balance_.choose();
      ++got.at(poller);
      balance_.give_back(poller);
    }
    return got;
  }

  LeastLoaded<StdSync, kPollers> balance_;
};

TEST_F(LeastLoadedExercise, FourEmptyPollersGetOneEach) {
  EXPECT_EQ(choose(4), (Loads{1, 1, 1, 1}));
}

TEST_F(LeastLoadedExercise, AChoiceIsCounted) {
  const Loads got = choose(7);
  EXPECT_EQ(loads(), got) << "what load() says, and who was chosen how often";
}

TEST_F(LeastLoadedExercise, AnEndIsCounted) {
  choose(8);
  balance_.give_back(2);
  EXPECT_EQ(loads(), (Loads{2, 2, 1, 2}));
}

TEST_F(LeastLoadedExercise, TheOneWithTheFewestGetsAllUntilItHasAsMany) {
  choose(12);
  for (int i = 0; i < 3; ++i)
    balance_.give_back(2);  // now 3 3 0 3
  EXPECT_EQ(choose(3), (Loads{0, 0, 3, 0}))
      << "the loads were 3 3 0 3, and three connections came";
}

TEST_F(LeastLoadedExercise, ShortConnectionsDoNotAllMeetTheSamePoller) {
  const Loads got = choose_short_ones(100);
  for (const std::size_t count : got)
    EXPECT_EQ(count, 25U) << "four empty pollers, and 100 connections, one "
                             "after the other: this is one poller's share";
}

TEST_F(LeastLoadedExercise, TwoThatHaveTheFewestBothGetSome) {
  choose(8);
  for (const std::size_t poller : {1, 2}) {
    balance_.give_back(poller);
    balance_.give_back(poller);
  }
  const Loads got = choose_short_ones(100);  // the loads are 2 0 0 2
  EXPECT_EQ(got[0] + got[3], 0U);
  EXPECT_GT(got[1], 0U);
  EXPECT_GT(got[2], 0U);
}

// The model's atomics, with what std::atomic has beside them: a default value,
// fetch_sub, and orders that need not be named.
template <class T>
struct ModelAtomic : model::Atomic<T> {
  using Base = model::Atomic<T>;
  using Order = std::memory_order;
  explicit(false) ModelAtomic(T initial = T()) : Base(initial) {}

  T load(Order order = Order::acquire) const { return Base::load(order); }
  void store(T value, Order order = Order::release) {
    Base::store(value, order);
  }
  T exchange(T value, Order order = Order::acq_rel) {
    return Base::exchange(value, order);
  }
  T fetch_add(T number, Order order = Order::acq_rel) {
    return Base::fetch_add(number, order);
  }
  T fetch_sub(T number, Order order = Order::acq_rel) {
    T now = load();
    while (!compare_exchange_strong(now, now - number, order)) {
    }
    return now;
  }
  bool compare_exchange_strong(T& expected, T desired,
                               Order success = Order::acq_rel,
                               Order failure = Order::relaxed) {
    return Base::compare_exchange_strong(expected, desired, success, failure);
  }
  bool compare_exchange_weak(T& expected, T desired,
                             Order success = Order::acq_rel,
                             Order failure = Order::relaxed) {
    return Base::compare_exchange_weak(expected, desired, success, failure);
  }
};

struct ModelSync {
  template <class T>
  using Atomic = ModelAtomic<T>;
};

// Two threads, in every order of their steps.
using Two = LeastLoaded<ModelSync, 2>;

// Without the steps that led there: the same idea fails with the same words.
std::string without_steps(const model::Report& report) {
  return report.failure.substr(0, report.failure.find(", in execution"));
}

constexpr const char* kInOneOrder =
    "in one of all the orders in which the steps of two threads can come";

// One of three pollers has a connection, two have none.
template <std::size_t kFull>
struct OneOfThree : LeastLoaded<ModelSync, 3> {
  OneOfThree() {
    for (int i = 0; i < 3; ++i)
      static_cast<void>(choose());
    give_back((kFull + 1) % 3);
    give_back((kFull + 2) % 3);
  }
};

template <std::size_t kFull>
std::string two_choose_at_once() {
  using World = OneOfThree<kFull>;
  const auto choose = [](World& world) { static_cast<void>(world.choose()); };
  const auto one_each = [](World& world) {
    const std::size_t sum = world.load(0) + world.load(1) + world.load(2);
    require(sum == 3, "a count was lost");
    for (std::size_t i = 0; i < 3; ++i)
      require(world.load(i) == 1, "both threads got the same poller");
  };
  return without_steps(model::explore<World>({choose, choose}, one_each));
}

TEST(LeastLoadedModel, TwoThreadsAtOnceGetTwoPollers) {
  EXPECT_EQ(two_choose_at_once<0>(), "") << kInOneOrder;
  EXPECT_EQ(two_choose_at_once<1>(), "") << kInOneOrder;
  EXPECT_EQ(two_choose_at_once<2>(), "") << kInOneOrder;
}

struct Full : Two {
  Full() {
    for (int i = 0; i < 4; ++i)
      static_cast<void>(choose());
  }
};

TEST(LeastLoadedModel, AnEndBesideAChoiceIsNotLost) {
  const auto choose = [](Full& full) { static_cast<void>(full.choose()); };
  const auto end = [](Full& full) { full.give_back(1); };
  const auto four = [](Full& full) {
    require(full.load(0) + full.load(1) == 4, "a count was lost");
  };
  EXPECT_EQ(without_steps(model::explore<Full>({choose, end}, four)), "")
      << kInOneOrder;
}

TEST(LeastLoadedModel, TwoEndsAtOnceAreBothCounted) {
  const auto end = [](Full& full) { full.give_back(1); };
  const auto none = [](Full& full) {
    require(full.load(1) == 0, "a count was lost");
  };
  EXPECT_EQ(without_steps(model::explore<Full>({end, end}, none)), "")
      << kInOneOrder;
}

}  // namespace
}  // namespace netpoll
