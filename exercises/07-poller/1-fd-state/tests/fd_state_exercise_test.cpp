// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for. First each arrow by itself, on one thread; then
// two threads, in every order of their steps.
#include "netpoll/poller/fd_state.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "model/explorer.h"

namespace netpoll {
namespace {

using model::require;
using enum FdStage;

struct OneThread {
  template <class T>
  using Atomic = std::atomic<T>;
  static void pause(unsigned) {}
};
using State = BasicFdState<OneThread>;

std::string name_of(FdStage stage) {
  static constexpr const char* kNames[] = {"unused",  "watched", "busy",
                                           "leaving", "ending",  "detached"};
  return kNames[std::to_underlying(stage)];
}

// One call: where it began, what it answered and where it led.
std::string told(FdStage from, bool answer, FdStage to) {
  return name_of(from) + ": " + (answer ? "true" : "false") + ", " +
         name_of(to);
}

std::string entered(FdStage from) {
  State state(from);
  const bool answer = state.enter();
  return told(from, answer, state.stage());
}

std::string left(FdStage from) {
  State state(from);
  const bool answer = state.leave();
  return told(from, answer, state.stage());
}

std::string ended(FdStage from) {
  State state(from);
  const bool answer = state.detach_soon();
  return told(from, answer, state.stage());
}

TEST(FdStateExercise, AnEventOfAWatchedOperatorComesIn) {
  EXPECT_EQ(entered(watched), "watched: true, busy");
}

TEST(FdStateExercise, AnEventOfADetachedOperatorIsDropped) {
  EXPECT_EQ(entered(detached), "detached: false, detached")
      << "the operator is gone, and the poller came in";
  EXPECT_EQ(entered(unused), "unused: false, unused");
}

TEST(FdStateExercise, NobodyComesInWhileSomebodyIsInside) {
  for (const FdStage stage : {busy, leaving, ending})
    EXPECT_EQ(entered(stage), told(stage, false, stage));
}

TEST(FdStateExercise, ThePollerComesOutAndMayComeInAgain) {
  EXPECT_EQ(left(busy), "busy: false, watched");
}

TEST(FdStateExercise, AThreadThatWaitsIsLetGoAndFinishesByItself) {
  EXPECT_EQ(left(leaving), "leaving: false, detached")
      << "detach() stands and waits for `detached`; its caller closes";
}

TEST(FdStateExercise, ANoteOnTheWayOutIsRead) {
  EXPECT_EQ(left(ending), "ending: true, detached")
      << "detach_soon() did not wait: the poller has to finish";
}

TEST(FdStateExercise, WithThePollerOutsideTheEndIsNow) {
  for (const FdStage stage : {unused, watched, detached})
    EXPECT_EQ(ended(stage), told(stage, true, detached));
}

TEST(FdStateExercise, WithThePollerInsideANoteIsLeft) {
  EXPECT_EQ(ended(busy), "busy: false, ending");
  EXPECT_EQ(ended(ending), "ending: false, ending");
}

TEST(FdStateExercise, ANoteIsLeftAlsoWhenAnotherThreadWaits) {
  EXPECT_EQ(ended(leaving), "leaving: false, ending")
      << "`leaving` tells the poller nothing that it must do";
}

// Two threads. A Var fails the execution when two uses of it have no order.
struct World {
  BasicFdState<model::Sync> state;
  model::Var<int> object;    // written before begin()
  model::Var<int> inside;    // written by the poller, inside
  model::Var<int> note;      // written before detach_soon()
  model::Var<int> finished;  // how often the end was taken care of
};

struct Watched : World {
  Watched() {
    object.set(7);
    require(state.begin(), "begun once");
  }
};

void finish(World& w) {
  w.finished.set(w.finished.get() + 1);
  w.inside.get();
  require(w.note.get() == 5, "what came before detach_soon() is not seen");
}

void visit(World& w) {
  if (!w.state.enter()) return;
  require(w.object.get() == 7, "what came before begin() is not seen");
  w.inside.set(w.inside.get() + 1);
  if (w.state.leave()) finish(w);
}

void visit_twice(World& w) {
  visit(w);
  visit(w);
}

void begin(World& w) {
  w.object.set(7);
  static_cast<void>(w.state.begin());
}

void end_soon(World& w) {
  w.note.set(5);
  if (w.state.detach_soon()) finish(w);
}

void end_waiting(World& w) {
  w.state.detach(false);
  w.inside.get();
}

// Without the steps that led there: the same idea fails with the same words.
std::string without_steps(const model::Report& report) {
  return report.failure.substr(0, report.failure.find(", in execution"));
}

constexpr const char* kInOneOrder =
    "in one of all the orders in which the threads' steps can come, this "
    "happens; a data race: one thread need not see what the other one wrote";

TEST(FdStateExercise, ThePollerSeesWhatWasWrittenBeforeBegin) {
  EXPECT_EQ(without_steps(model::explore<World>({begin, visit})), "")
      << kInOneOrder;
}

TEST(FdStateExercise, InEveryOrderOneThreadTakesCareOfTheEnd) {
  const auto once = [](World& w) {
    require(w.state.stage() == detached, "not detached at the end");
    require(w.finished.get() != 0, "nobody closes the descriptor");
    require(w.finished.get() == 1, "two threads close the descriptor");
  };
  EXPECT_EQ(
      without_steps(model::explore<Watched>({visit_twice, end_soon}, once)), "")
      << kInOneOrder;
}

TEST(FdStateExercise, WhoWaitedSeesWhatThePollerWrote) {
  const auto out = [](World& w) {
    require(w.state.stage() == detached, "not detached at the end");
  };
  EXPECT_EQ(without_steps(model::explore<Watched>({visit, end_waiting}, out)),
            "")
      << kInOneOrder;
}

TEST(FdStateExercise, TheEndIsNotLostBesideAThreadThatWaits) {
  const auto once = [](World& w) {
    require(w.finished.get() != 0, "nobody closes the descriptor");
  };
  const auto wait = [](World& w) { w.state.detach(false); };
  EXPECT_EQ(
      without_steps(model::explore<Watched>({visit, end_soon, wait}, once)), "")
      << kInOneOrder;
}

}  // namespace
}  // namespace netpoll
