// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for. First each arrow by itself, on one thread; then
// up to three threads, in every order of their steps.
#include "netpoll/poller/fd_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  return name_of(from) + ": answers " + (answer ? "true" : "false") +
         ", then " + name_of(to);
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
  EXPECT_EQ(entered(watched), "watched: answers true, then busy");
}

TEST(FdStateExercise, AnEventOfADetachedOperatorIsDropped) {
  EXPECT_EQ(entered(detached), "detached: answers false, then detached")
      << "the operator is gone: false, and the stage stays";
  EXPECT_EQ(entered(unused), "unused: answers false, then unused")
      << "nobody has called begin() yet: false, and the stage stays";
}

TEST(FdStateExercise, NobodyComesInWhileSomebodyIsInside) {
  for (const FdStage stage : {busy, leaving, ending}) {
    EXPECT_EQ(entered(stage), told(stage, false, stage))
        << "only a watched operator lets the poller in: false, and the stage "
           "stays";
  }
}

TEST(FdStateExercise, ThePollerComesOutAndMayComeInAgain) {
  EXPECT_EQ(left(busy), "busy: answers false, then watched");
}

TEST(FdStateExercise, AThreadThatWaitsIsLetGoAndFinishesByItself) {
  EXPECT_EQ(left(leaving), "leaving: answers false, then detached")
      << "detach() stands and waits for `detached`; its caller closes";
}

TEST(FdStateExercise, ANoteOnTheWayOutIsRead) {
  EXPECT_EQ(left(ending), "ending: answers true, then detached")
      << "detach_soon() did not wait: the poller has to finish";
}

TEST(FdStateExercise, WithThePollerOutsideTheEndIsNow) {
  for (const FdStage stage : {unused, watched, detached}) {
    EXPECT_EQ(ended(stage), told(stage, true, detached))
        << "true means that the poller is out and stays out; so it does here, "
           "whoever brought it about";
  }
}

TEST(FdStateExercise, WithThePollerInsideANoteIsLeft) {
  EXPECT_EQ(ended(busy), "busy: answers false, then ending");
  EXPECT_EQ(ended(ending), "ending: answers false, then ending");
}

TEST(FdStateExercise, ANoteIsLeftAlsoWhenAnotherThreadWaits) {
  EXPECT_EQ(ended(leaving), "leaving: answers false, then ending")
      << "`leaving` tells the poller nothing that it must do";
}

// More threads than one. A Var fails the execution when two uses of it have no
// order.
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

// What it means if the use of a Var that comes next is a data race.
const char* if_race = "";

void finish(World& w) {
  if_race = "two threads close, and neither knows of the other";
  w.finished.set(w.finished.get() + 1);
  if_race = "somebody closes and need not see what the poller wrote inside";
  w.inside.get();
  if_race =
      "the poller closes and need not see what the caller of detach_soon() "
      "wrote before";
  require(w.note.get() == 5, "the poller closes, and nobody has asked for it");
}

void visit(World& w) {
  if (!w.state.enter()) return;
  if_race = "the poller comes in and need not see what came before begin()";
  require(w.object.get() == 7, if_race);
  if_race = "the poller is inside, and somebody was told that he may close";
  w.inside.set(w.inside.get() + 1);
  if (w.state.leave()) finish(w);
}

void visit_twice(World& w) {
  visit(w);
  visit(w);
}

void go_in_and_out(World& w) {
  for (int i = 0; i < 2; ++i) {
    require(w.state.enter(),
            "nobody has ended it, and enter() answers false "
            "(compare_exchange_weak may fail without a reason)");
    require(!w.state.leave(), "nobody has ended it, and leave() answers true");
  }
}

void begin(World& w) {
  if_race = "the poller comes in, and begin() has not been called";
  w.object.set(7);
  static_cast<void>(w.state.begin());
}

void end_soon(World& w) {
  if_race = "the poller closes, and detach_soon() has not been called";
  w.note.set(5);
  if (w.state.detach_soon()) finish(w);
}

void end_soon_and_look(World& w) {
  w.note.set(5);
  if (w.state.detach_soon()) return finish(w);
  require(w.state.stage() != watched,
          "the end has been asked for, and the stage is watched again");
}

void end_waiting(World& w) {
  w.state.detach(false);
  if_race =
      "detach() comes back, and its caller need not see what the poller "
      "wrote inside";
  w.inside.get();
}

std::string what_failed(const std::string& failure) {
  const std::string what = failure.substr(0, failure.find(", in execution"));
  if (what.starts_with("data race")) return if_race;
  if (what.starts_with("every thread waits"))
    return "a thread waits in detach() for ever: nobody writes detached";
  if (what.starts_with("an order that is not"))
    return "an order that the model does not know: name relaxed, acquire, "
           "release or acq_rel";
  return what;
}

// Only the steps that wrote a stage: the same idea, written otherwise, fails
// with the same words. A line of the account:
//   thread 1  enter, fd_state.h:113: exchange acquire, 2
std::string steps(std::string_view account,
                  const std::vector<std::string>& who) {
  constexpr std::string_view kThread = "  thread ";
  std::string all;
  while (!account.empty()) {
    const std::string_view line = account.substr(0, account.find('\n'));
    account.remove_prefix(std::min(line.size() + 1, account.size()));
    const bool writes = line.contains(": exchange ") ||
                        line.contains(": update ") || line.contains(": store ");
    if (!line.starts_with(kThread) || !writes || line.contains(" fails "))
      continue;
    const auto thread = static_cast<std::size_t>(line[kThread.size()] - '1');
    const auto stage = static_cast<FdStage>(line.back() - '0');
    all += "  " + who[thread] + " writes " + name_of(stage) + "\n";
  }
  return all.empty() ? "  no stage is written\n" : all;
}

// The model has tried every order of the threads' steps.
void expect_no_failure(const model::Report& report,
                       const std::vector<std::string>& who) {
  if (report.failure.empty()) return;
  ADD_FAILURE() << "in one of all the orders of the threads' steps:\n"
                << steps(report.failure, who) << what_failed(report.failure);
}

TEST(FdStateExercise, WithoutAnEndThePollerGoesInAndOut) {
  const auto still = [](World& w) {
    require(w.state.stage() == watched,
            "nobody has ended it, and it is not watched any more "
            "(compare_exchange_weak may fail without a reason)");
  };
  expect_no_failure(model::explore<Watched>({go_in_and_out}, still),
                    {"the poller"});
}

TEST(FdStateExercise, ThePollerSeesWhatWasWrittenBeforeBegin) {
  expect_no_failure(model::explore<World>({begin, visit}),
                    {"who begins", "the poller"});
}

TEST(FdStateExercise, InEveryOrderOneThreadTakesCareOfTheEnd) {
  const auto once = [](World& w) {
    require(w.state.stage() == detached,
            "all have come back, and the stage is not detached");
    require(w.finished.get() != 0, "nobody closes the descriptor");
    require(w.finished.get() == 1, "two threads close the descriptor");
  };
  expect_no_failure(model::explore<Watched>({visit_twice, end_soon}, once),
                    {"the poller", "who closes"});
}

TEST(FdStateExercise, NoWayLeadsBackToWatched) {
  expect_no_failure(model::explore<Watched>({visit, end_soon_and_look}),
                    {"the poller", "who closes"});
}

TEST(FdStateExercise, WhoWaitedSeesWhatThePollerWrote) {
  const auto out = [](World& w) {
    require(w.state.stage() == detached,
            "all have come back, and the stage is not detached");
  };
  expect_no_failure(model::explore<Watched>({visit, end_waiting}, out),
                    {"the poller", "who waits"});
}

TEST(FdStateExercise, TheEndIsNotLostBesideAThreadThatWaits) {
  const auto once = [](World& w) {
    require(w.finished.get() != 0, "nobody closes the descriptor");
  };
  const auto wait = [](World& w) { w.state.detach(false); };
  expect_no_failure(model::explore<Watched>({visit, end_soon, wait}, once),
                    {"the poller", "who closes", "who waits"});
}

}  // namespace
}  // namespace netpoll
