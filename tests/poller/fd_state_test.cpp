// SPDX-License-Identifier: Apache-2.0
//
// Every arrow of the picture in fd_state.h, and every missing one.
#include "netpoll/poller/fd_state.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "support/net.h"

namespace netpoll {
namespace {

using Stage = FdStage;
using test::eventually;
using test::give_others_a_chance;

enum class Move { begin, enter, leave, detach_inside, detach_outside };

bool make(FdState<>& state, Move move) {
  switch (move) {
    case Move::begin:
      return state.begin();
    case Move::enter:
      return state.enter();
    case Move::leave:
      state.leave();
      break;
    case Move::detach_inside:
      state.detach(true);
      break;
    case Move::detach_outside:
      state.detach(false);
      break;
  }
  return true;
}

struct Row {
  Stage from;
  Move move;
  bool answer;  // of begin() and enter(); true for the others
  Stage to;
};

class FdStateTable : public testing::TestWithParam<Row> {};

TEST_P(FdStateTable, MovesAsDrawn) {
  const Row& row = GetParam();
  FdState<> state(row.from);
  EXPECT_EQ(make(state, row.move), row.answer);
  EXPECT_EQ(state.stage(), row.to);
}

// Missing: leave() from where the poller is not inside, which is no move but
// our own mistake; and detach from outside while it is, see below.
INSTANTIATE_TEST_SUITE_P(
    FdState, FdStateTable,
    testing::Values(
        Row{Stage::unused, Move::begin, true, Stage::watched},
        Row{Stage::watched, Move::begin, false, Stage::watched},
        Row{Stage::busy, Move::begin, false, Stage::busy},
        Row{Stage::leaving, Move::begin, false, Stage::leaving},
        Row{Stage::detached, Move::begin, false, Stage::detached},
        Row{Stage::unused, Move::enter, false, Stage::unused},
        Row{Stage::watched, Move::enter, true, Stage::busy},
        Row{Stage::busy, Move::enter, false, Stage::busy},
        Row{Stage::leaving, Move::enter, false, Stage::leaving},
        Row{Stage::detached, Move::enter, false, Stage::detached},
        Row{Stage::busy, Move::leave, true, Stage::watched},
        Row{Stage::leaving, Move::leave, true, Stage::detached},
        Row{Stage::unused, Move::detach_inside, true, Stage::detached},
        Row{Stage::watched, Move::detach_inside, true, Stage::detached},
        Row{Stage::busy, Move::detach_inside, true, Stage::leaving},
        Row{Stage::leaving, Move::detach_inside, true, Stage::leaving},
        Row{Stage::detached, Move::detach_inside, true, Stage::detached},
        Row{Stage::unused, Move::detach_outside, true, Stage::detached},
        Row{Stage::watched, Move::detach_outside, true, Stage::detached},
        Row{Stage::detached, Move::detach_outside, true, Stage::detached}),
    [](const testing::TestParamInfo<Row>& row) {
      return "Row" + std::to_string(row.index);
    });

// Detaches from another thread while the poller is inside, be it busy or
// leaving; true if that waited until the poller had left.
bool detach_waits(FdState<>& state) {
  std::atomic<bool> called{false};
  std::atomic<bool> left{false};
  bool waited = false;
  std::jthread other([&] {
    called = true;
    state.detach(false);
    waited = left;
  });
  EXPECT_TRUE(eventually([&] { return called.load(); }));
  give_others_a_chance();
  left = true;
  state.leave();
  other.join();
  return waited;
}

TEST(FdState, DetachFromOutsideWaitsWhileBusy) {
  FdState<> state(Stage::busy);
  EXPECT_TRUE(detach_waits(state));
  EXPECT_EQ(state.stage(), Stage::detached);
}

TEST(FdState, DetachFromOutsideWaitsWhileLeaving) {
  FdState<> state(Stage::leaving);
  EXPECT_TRUE(detach_waits(state));
  EXPECT_EQ(state.stage(), Stage::detached);
}

}  // namespace
}  // namespace netpoll
