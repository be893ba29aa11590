// SPDX-License-Identifier: Apache-2.0
//
// The picture of FdState in the book, diagrams/machines/fd_state.tsv, against
// the class: every event in every stage that can be reached.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "netpoll/poller/fd_state.h"
#include "support/machine_table.h"

namespace netpoll {
namespace {

using test::Edge;
using test::Machine;

constexpr std::array<const char*, 6> kStages = {
    "unused", "watched", "busy", "leaving", "ending", "detached"};
constexpr std::array<const char*, 6> kEvents = {
    "begin", "enter", "leave", "detach", "detach_on_poller", "detach_soon"};

std::string name(FdStage stage) {
  return kStages.at(static_cast<std::size_t>(stage));
}

// While detach() waits, the test is called: it notes the stage, and leaves as
// the poller would. Without a wait it is StdSync.
struct WaitSync {
  template <class T>
  using Atomic = std::atomic<T>;
  static void pause(unsigned) { on_pause(); }
  static inline std::function<void()> on_pause;
};

using WaitState = BasicFdState<WaitSync>;

std::string word(bool answer) {
  return answer ? "true" : "false";
}

bool poller_is_inside(FdStage stage) {
  return stage == FdStage::busy || stage == FdStage::leaving ||
         stage == FdStage::ending;
}

// detach() on another thread than the poller's.
template <class State>
Edge detach(State& state) {
  Edge edge{name(state.stage()), "detach", "returns", ""};
  WaitSync::on_pause = [&] {
    edge.answer = "waits";
    edge.to = name(state.stage());
    static_cast<void>(state.leave());
  };
  state.detach(false);
  WaitSync::on_pause = nullptr;
  if (edge.to.empty()) edge.to = name(state.stage());
  return edge;
}

// The arrow that `event` makes in `stage`.
template <class State>
Edge make(FdStage stage, std::string_view event) {
  State state(stage);
  if (event == "detach") return detach(state);
  Edge edge{name(stage), std::string(event), "returns", ""};
  if (event == "begin") edge.answer = word(state.begin());
  if (event == "enter") edge.answer = word(state.enter());
  if (event == "leave") edge.answer = word(state.leave());
  if (event == "detach_soon") edge.answer = word(state.detach_soon());
  if (event == "detach_on_poller") state.detach(true);
  edge.to = name(state.stage());
  return edge;
}

// Every event in every stage that can be reached from `unused`. leave() is for
// a poller that is inside.
template <class State>
Machine walk() {
  Machine made;
  std::set<std::string> seen = {name(FdStage::unused)};
  std::vector<FdStage> open = {FdStage::unused};
  while (!open.empty()) {
    const FdStage stage = open.back();
    open.pop_back();
    for (const std::string_view event : kEvents) {
      if (event == "leave" && !poller_is_inside(stage)) continue;
      const Edge edge = make<State>(stage, event);
      made.insert(edge);
      if (!seen.insert(edge.to).second) continue;
      for (std::size_t i = 0; i < kStages.size(); ++i)
        if (edge.to == kStages.at(i)) open.push_back(static_cast<FdStage>(i));
    }
  }
  return made;
}

TEST(FdStateMachine, IsTheOneThatTheBookDraws) {
  test::expect_same(test::drawn("fd_state"), walk<WaitState>());
}

// WaitSync is StdSync but for the wait; so where nothing waits, the class that
// ships does the same.
TEST(FdStateMachine, TheClassThatShipsMakesTheSameArrows) {
  for (const Edge& edge : walk<WaitState>()) {
    if (edge.event == "detach") continue;
    std::size_t from = 0;
    while (edge.from != kStages.at(from))
      ++from;
    EXPECT_EQ(make<FdState>(static_cast<FdStage>(from), edge.event), edge);
  }
}

TEST(FdStateMachine, NoticesAnArrowThatIsMissingAndOneThatIsInvented) {
  const Machine made = walk<WaitState>();
  Machine table = made;
  table.erase(Edge{"busy", "leave", "false", "watched"});
  EXPECT_EQ(test::differences(table, made).size(), 1u);
  table = made;
  table.insert(Edge{"detached", "begin", "true", "watched"});
  EXPECT_EQ(test::differences(table, made).size(), 1u);
}

// Broken variant: a thread that asked for the detach first keeps the poller
// from finishing it.
class Forgetful : public WaitState {
 public:
  using WaitState::WaitState;
  bool detach_soon() {
    return stage() != FdStage::leaving && WaitState::detach_soon();
  }
};

TEST(FdStateMachine, NoticesAnotherClass) {
  const Machine table = test::drawn("fd_state");
  EXPECT_EQ(test::differences(table, walk<Forgetful>()).size(), 2u);
}

}  // namespace
}  // namespace netpoll
