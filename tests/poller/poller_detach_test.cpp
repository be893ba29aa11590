// SPDX-License-Identifier: Apache-2.0
//
// How an operator leaves its poller, and which Refs hold it until then.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/poller/poller.h"
#include "poller/support.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::eventually;
using test::Pair;
using test::send_all;
using test::socket_pair;

TEST_F(PollerTest, RefusesAnOperatorDetachedBefore) {
  poller->detach(*op);
  EXPECT_EQ(poller->add(*op), Errc::conn_closed);
  EXPECT_EQ(op->holders(), 1u);
}

TEST_F(PollerTest, IgnoresWishesForADetachedOperator) {
  ASSERT_FALSE(poller->add(*op));
  poller->detach(*op);
  EXPECT_FALSE(poller->watch_output(*op, true));
  EXPECT_FALSE(poller->watch_input(*op, false));
}

TEST_F(PollerTest, HoldsAnOperatorUntilTheTurnAfterDetach) {
  ASSERT_FALSE(poller->add(*op));
  EXPECT_EQ(op->holders(), 2u);
  poller->detach(*op);
  EXPECT_TRUE(eventually([&] { return op->holders() == 1; }));
}

TEST_F(PollerTest, HoldsAnOperatorThatDetachesItselfToTheEndOfTheTurn) {
  std::atomic<unsigned> inside{0};
  op->readable = [&](Op& it) {
    poller->detach(it);
    poller->detach(it);  // a second one does nothing
    inside = it.holders();
  };
  ASSERT_FALSE(poller->add(*op));
  send_all(pair.far.get(), "x");
  EXPECT_TRUE(eventually([&] { return op->holders() == 1; }));
  EXPECT_EQ(inside, 2u);
}

TEST_F(PollerTest, DetachWaitsForThePollerToLeave) {
  std::latch entered(1);
  std::atomic<bool> left{false};
  op->readable = [&](Op& it) {
    entered.count_down();
    EXPECT_TRUE(eventually(
        [&] { return FdOperatorTest::stage(it) == FdStage::leaving; }));
    left = true;
  };
  ASSERT_FALSE(poller->add(*op));
  send_all(pair.far.get(), "x");
  entered.wait();
  poller->detach(*op);
  EXPECT_TRUE(left);
}

// The thread sleeps, as it does while it waits for a mutex.
bool is_asleep(pid_t thread) {
  std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(stat, text);
  const std::size_t name_end = text.rfind(')');
  return name_end != std::string::npos && text.substr(name_end, 3) == ") S";
}

TEST_F(PollerTest, SecondDetachWaitsUntilTheFirstHasLeftEpoll) {
  ASSERT_FALSE(poller->add(*op));
  std::atomic<bool> let_first_go{false};
  std::atomic<pid_t> second{0};
  std::atomic<bool> second_returned{false};
  bool waited = false;
  std::vector<std::jthread> threads;
  {
    const Lock lock(FdOperatorTest::control(*op));
    threads.emplace_back([&] { poller->detach(*op); });
    EXPECT_TRUE(eventually(
        [&] { return FdOperatorTest::stage(*op) == FdStage::detached; }));
    threads.emplace_back([&] {
      second = ::gettid();
      poller->detach(*op);
      waited = let_first_go;
      second_returned = true;
    });
    EXPECT_TRUE(eventually([&] { return second != 0; }));
    EXPECT_TRUE(
        eventually([&] { return is_asleep(second) || second_returned; }));
    let_first_go = true;
  }
  threads.clear();
  EXPECT_TRUE(waited);
}

TEST_F(PollerTest, SkipsAStaleEventOfTheSameBatch) {
  Pair one = socket_pair();
  Pair two = socket_pair();
  const Ref<Op> first = make_ref<Op>(one.near.get());
  const Ref<Op> second = make_ref<Op>(two.near.get());
  std::atomic<int> calls{0};
  // The one whose event comes first in the batch detaches both.
  first->readable = second->readable = [&](Op&) {
    ++calls;
    poller->detach(*first);
    poller->detach(*second);
  };
  // Keeps the poller inside `op` until both are readable: then one epoll_wait
  // reports both.
  std::latch entered(1);
  std::latch both(1);
  op->readable = [&](Op& it) {
    take_input(it);
    entered.count_down();
    both.wait();
  };
  ASSERT_FALSE(poller->add(*op));
  send_all(pair.far.get(), "x");
  entered.wait();
  ASSERT_FALSE(poller->add(*first));
  ASSERT_FALSE(poller->add(*second));
  send_all(one.far.get(), "x");
  send_all(two.far.get(), "x");
  both.count_down();
  EXPECT_TRUE(eventually(
      [&] { return first->holders() == 1 && second->holders() == 1; }));
  EXPECT_EQ(calls, 1);
  poller->detach(*op);
}

// Tells the test in which turn it is destroyed. Owns its descriptor.
class Mortal final : public FdOperator {
 public:
  using Turns = std::set<std::uint64_t>;
  Mortal(UniqueFd fd, Poller& poller, Turns& died)
      : FdOperator(fd.get()),
        fd_(std::move(fd)),
        poller_(poller),
        died_(died) {}
  ~Mortal() override { died_.insert(poller_.turns()); }
  void on_readable() override {}
  void on_writable() override {}
  void on_hangup() override {}

 private:
  UniqueFd fd_;
  Poller& poller_;
  Turns& died_;
};

// More operators are detached at once than the budget of one turn.
TEST_F(PollerTest, DropsDetachedOperatorsOverTheBudgetOfATurnInTheNextOne) {
  constexpr int kOperators = 300;
  Mortal::Turns died;
  on_poller([&] {
    for (int i = 0; i < kOperators; ++i) {
      const auto mortal = make_ref<Mortal>(*os::open_eventfd(), *poller, died);
      ASSERT_FALSE(poller->add(*mortal));
      poller->detach(*mortal);
    }
  });
  test::turn_over(*poller);
  stop();
  EXPECT_EQ(died.size(), 2u);
}

// Broken variant: take_posted() keeps the moved-from Refs of detached operators.
// Then each later turn that takes what was posted has all of them to drop.
TEST_F(PollerTest, LaterTurnsHaveNothingToDoWithOperatorsDroppedBefore) {
  constexpr int kOperators = 2000;
  constexpr int kBarriers = 100;
  constexpr std::uint64_t kTurnsForEach = 6;
  for (int i = 0; i < kOperators; ++i) {
    const UniqueFd event = *os::open_eventfd();
    const Ref<Op> once = make_ref<Op>(event.get());
    ASSERT_FALSE(poller->add(*once));
    poller->detach(*once);
  }
  test::turn_over(*poller);
  const std::uint64_t before = poller->turns();
  for (int i = 0; i < kBarriers; ++i)
    test::turn_over(*poller);
  EXPECT_LE(poller->turns() - before, kBarriers * kTurnsForEach);
}

TEST_F(PollerTest, StopsWithOperatorsStillRetired) {
  ASSERT_FALSE(poller->add(*op));
  stop();
  poller->detach(*op);  // no turn will drop the poller's Ref
  poller.reset();
  EXPECT_EQ(op->holders(), 1u);
}

}  // namespace
}  // namespace netpoll
