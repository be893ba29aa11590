// SPDX-License-Identifier: Apache-2.0
//
// Every arrow of the picture in fd_operator.h, and every missing one.
#include "poller/fd_operator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "poller/support.h"
#include "support/net.h"

namespace netpoll {

namespace {

using Move = FdOperatorTest::Move;
using State = FdOperatorTest::State;
using test::eventually;
using test::give_others_a_chance;

struct Row {
  State from;
  Move move;
  bool answer;  // of begin() and enter(); true for the others
  State to;
};

class FdOperatorTable : public testing::TestWithParam<Row> {};

TEST_P(FdOperatorTable, MovesAsDrawn) {
  const Row& row = GetParam();
  Op op(-1);
  FdOperatorTest::put(op, row.from);
  EXPECT_EQ(FdOperatorTest::make(op, row.move), row.answer);
  EXPECT_EQ(FdOperatorTest::state(op), row.to);
}

// Missing: leave() from where the poller is not inside, which is no move but
// our own mistake; and detach from outside while it is, see below.
INSTANTIATE_TEST_SUITE_P(
    FdOperator, FdOperatorTable,
    testing::Values(
        Row{State::unused, Move::begin, true, State::watched},
        Row{State::watched, Move::begin, false, State::watched},
        Row{State::busy, Move::begin, false, State::busy},
        Row{State::leaving, Move::begin, false, State::leaving},
        Row{State::detached, Move::begin, false, State::detached},
        Row{State::unused, Move::enter, false, State::unused},
        Row{State::watched, Move::enter, true, State::busy},
        Row{State::busy, Move::enter, false, State::busy},
        Row{State::leaving, Move::enter, false, State::leaving},
        Row{State::detached, Move::enter, false, State::detached},
        Row{State::busy, Move::leave, true, State::watched},
        Row{State::leaving, Move::leave, true, State::detached},
        Row{State::unused, Move::detach_inside, true, State::detached},
        Row{State::watched, Move::detach_inside, true, State::detached},
        Row{State::busy, Move::detach_inside, true, State::leaving},
        Row{State::leaving, Move::detach_inside, true, State::leaving},
        Row{State::detached, Move::detach_inside, true, State::detached},
        Row{State::unused, Move::detach_outside, true, State::detached},
        Row{State::watched, Move::detach_outside, true, State::detached},
        Row{State::detached, Move::detach_outside, true, State::detached}),
    [](const testing::TestParamInfo<Row>& row) {
      return "Row" + std::to_string(row.index);
    });

// Detaches from another thread while the poller is inside, `inside` being busy
// or leaving; true if that waited until the poller had left.
bool detach_waits(Op& op, State inside) {
  FdOperatorTest::put(op, inside);
  std::atomic<bool> called{false};
  std::atomic<bool> left{false};
  bool waited = false;
  std::jthread other([&] {
    called = true;
    FdOperatorTest::make(op, Move::detach_outside);
    waited = left;
  });
  EXPECT_TRUE(eventually([&] { return called.load(); }));
  give_others_a_chance();
  left = true;
  FdOperatorTest::make(op, Move::leave);
  other.join();
  return waited;
}

TEST(FdOperator, DetachFromOutsideWaitsWhileBusy) {
  Op op(-1);
  EXPECT_TRUE(detach_waits(op, State::busy));
  EXPECT_EQ(FdOperatorTest::state(op), State::detached);
}

TEST(FdOperator, DetachFromOutsideWaitsWhileLeaving) {
  Op op(-1);
  EXPECT_TRUE(detach_waits(op, State::leaving));
  EXPECT_EQ(FdOperatorTest::state(op), State::detached);
}

}  // namespace
}  // namespace netpoll
