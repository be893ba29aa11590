// SPDX-License-Identifier: Apache-2.0
//
// Every arrow of the picture in fd_state.h, and every arrow that must not be.
#include "netpoll/poller/fd_state.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>

namespace netpoll {
namespace {

using Stage = FdStage;

enum class Move { begin, enter, leave, detach_on_poller, detach, detach_soon };

bool make(FdState& state, Move move) {
  switch (move) {
    case Move::begin:
      return state.begin();
    case Move::enter:
      return state.enter();
    case Move::leave:
      return state.leave();
    case Move::detach_soon:
      return state.detach_soon();
    case Move::detach_on_poller:
      state.detach(true);
      break;
    case Move::detach:
      state.detach(false);
      break;
  }
  return true;
}

struct Row {
  Stage from;
  Move move;
  bool answer;  // true for the functions that answer nothing
  Stage to;
};

class FdStateTable : public testing::TestWithParam<Row> {};

TEST_P(FdStateTable, MovesAsDrawn) {
  const Row& row = GetParam();
  FdState state(row.from);
  EXPECT_EQ(make(state, row.move), row.answer);
  EXPECT_EQ(state.stage(), row.to);
}

// Two kinds of rows are missing. leave() without enter() is our own mistake.
// detach() on another thread waits while the poller is inside: tests below.
INSTANTIATE_TEST_SUITE_P(
    FdState, FdStateTable,
    testing::Values(
        Row{Stage::unused, Move::detach_soon, true, Stage::detached},
        Row{Stage::watched, Move::detach_soon, true, Stage::detached},
        Row{Stage::busy, Move::detach_soon, false, Stage::ending},
        Row{Stage::leaving, Move::detach_soon, false, Stage::ending},
        Row{Stage::ending, Move::detach_soon, false, Stage::ending},
        Row{Stage::detached, Move::detach_soon, true, Stage::detached},
        Row{Stage::ending, Move::leave, true, Stage::detached},
        Row{Stage::ending, Move::detach_on_poller, true, Stage::ending},
        Row{Stage::ending, Move::enter, false, Stage::ending},
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
        Row{Stage::busy, Move::leave, false, Stage::watched},
        Row{Stage::leaving, Move::leave, false, Stage::detached},
        Row{Stage::unused, Move::detach_on_poller, true, Stage::detached},
        Row{Stage::watched, Move::detach_on_poller, true, Stage::detached},
        Row{Stage::busy, Move::detach_on_poller, true, Stage::leaving},
        Row{Stage::leaving, Move::detach_on_poller, true, Stage::leaving},
        Row{Stage::detached, Move::detach_on_poller, true, Stage::detached},
        Row{Stage::unused, Move::detach, true, Stage::detached},
        Row{Stage::watched, Move::detach, true, Stage::detached},
        Row{Stage::detached, Move::detach, true, Stage::detached}),
    [](const testing::TestParamInfo<Row>& row) {
      return "Row" + std::to_string(row.index);
    });

// Calls the test back from inside the wait of detach(): what another thread
// would do meanwhile happens there, on one thread and in a fixed order.
struct HookedSync {
  template <class T>
  using Atomic = std::atomic<T>;
  static void pause(unsigned round) { on_pause(round); }
  static inline std::function<void(unsigned)> on_pause;
};

using HookedState = BasicFdState<HookedSync>;

// Both start stages in which the poller is inside.
class FdStateWait : public testing::TestWithParam<Stage> {
 protected:
  ~FdStateWait() override { HookedSync::on_pause = nullptr; }
};

TEST_P(FdStateWait, DetachOnAnotherThreadWaitsUntilThePollerHasLeft) {
  HookedState state(GetParam());
  unsigned rounds = 0;
  HookedSync::on_pause = [&](unsigned round) {
    EXPECT_EQ(round, rounds++);
    if (rounds == 3) static_cast<void>(state.leave());
  };
  state.detach(false);
  EXPECT_EQ(rounds, 3u);
  EXPECT_EQ(state.stage(), Stage::detached);
}

// Otherwise a descriptor that is ready in every turn could keep detach()
// waiting for as long as detach() does not meet the moment between two turns.
TEST_P(FdStateWait, PollerThatHasLeftCannotEnterBeforeDetachHasReturned) {
  HookedState state(GetParam());
  bool entered_again = false;
  HookedSync::on_pause = [&](unsigned) {
    static_cast<void>(state.leave());
    entered_again = state.enter();
    if (entered_again)
      HookedSync::on_pause = [&](unsigned) {
        static_cast<void>(state.leave());
      };
  };
  state.detach(false);
  EXPECT_FALSE(entered_again);
}

INSTANTIATE_TEST_SUITE_P(FdState, FdStateWait,
                         testing::Values(Stage::busy, Stage::leaving));

}  // namespace
}  // namespace netpoll
