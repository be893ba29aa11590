// SPDX-License-Identifier: Apache-2.0
// A long life of one operator, step by step, as the seed has it; and a poller
// that comes as often as the seed says, beside threads that end the watching,
// in every order of their steps.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

#include "labs/seed.h"
#include "model/explorer.h"
#include "netpoll/poller/fd_state.h"

namespace netpoll {
namespace {

using model::require;
using test::Seeded;
using enum FdStage;

struct OneThread {
  template <class T>
  using Atomic = std::atomic<T>;
  static void pause(unsigned) {}
};

std::string name_of(FdStage stage) {
  static constexpr const char* kNames[] = {"unused",  "watched", "busy",
                                           "leaving", "ending",  "detached"};
  return kNames[std::to_underlying(stage)];
}

// One operator, the stage that it should have, and what has been called.
class OneLife {
 public:
  explicit OneLife(Seeded& numbers) : numbers_(numbers) {}

  // A call that is allowed now.
  void step() {
    const bool inside =
        expected_ == busy || expected_ == leaving || expected_ == ending;
    switch (numbers_.between(0, 5)) {
      case 0:
        return call("begin", state_.begin(), expected_ == unused, watched);
      case 1:
      case 2:
        if (inside) return leave();
        return call("enter", state_.enter(), expected_ == watched, busy);
      case 3:
        if (inside) return leave();
        return end_soon();
      case 4:
        return end_soon();
      default:
        return end_on_the_poller();
    }
  }
  FdStage stage() const { return expected_; }

 private:
  // `moves`: the answer is to be true, and the stage `to`; else neither.
  void call(const char* what, bool answer, bool moves, FdStage to) {
    EXPECT_EQ(answer, moves) << what << "() in the stage " << name_of(expected_)
                             << ", after:" << calls_;
    arrive(what, moves ? to : expected_);
  }
  void leave() {
    const FdStage from = expected_;
    EXPECT_EQ(state_.leave(), from == ending)
        << "leave() in the stage " << name_of(from) << ", after:" << calls_;
    arrive("leave", from == busy ? watched : detached);
  }
  void end_soon() {
    const bool inside =
        expected_ == busy || expected_ == leaving || expected_ == ending;
    EXPECT_EQ(state_.detach_soon(), !inside)
        << "detach_soon() in the stage " << name_of(expected_)
        << ", after:" << calls_;
    arrive("detach_soon", inside ? ending : detached);
  }
  void end_on_the_poller() {
    state_.detach(true);
    FdStage to = expected_;
    if (to == busy) to = leaving;
    if (to == unused || to == watched) to = detached;
    arrive("detach", to);
  }
  void arrive(const char* what, FdStage to) {
    calls_ += std::string(" ") + what;
    expected_ = to;
    EXPECT_EQ(name_of(state_.stage()), name_of(to))
        << "the stage after:" << calls_;
  }

  Seeded& numbers_;
  BasicFdState<OneThread> state_;
  FdStage expected_ = unused;
  std::string calls_;
};

TEST(FdStateHidden, EveryStepOfALifeLeadsToItsStage) {
  Seeded numbers("FdStateHidden.Life");
  for (int life = 0; life < 300 && !testing::Test::HasFailure(); ++life) {
    OneLife one(numbers);
    const std::size_t steps = numbers.between(3, 14);
    for (std::size_t i = 0; i < steps && !testing::Test::HasFailure(); ++i)
      one.step();
  }
}

// The poller comes so often, and so many threads end the watching.
struct World {
  BasicFdState<model::Sync> state;
  model::Var<int> inside;
  model::Var<int> finished;
  World() { require(state.begin(), "begun once"); }
};

void visit(World& w) {
  if (!w.state.enter()) return;
  w.inside.set(w.inside.get() + 1);
  if (!w.state.leave()) return;
  w.inside.get();
  w.finished.set(w.finished.get() + 1);
}

void end_soon(World& w) {
  if (!w.state.detach_soon()) return;
  w.inside.get();
  w.finished.set(w.finished.get() + 1);
}

void wait(World& w) {
  w.state.detach(false);
  w.inside.get();
}

TEST(FdStateHidden, InEveryOrderOneThreadTakesCareOfTheEnd) {
  Seeded numbers("FdStateHidden.Orders");
  const std::size_t visits = numbers.between(2, 3);
  const std::size_t waiting = numbers.between(0, 1);
  std::vector<model::Step<World>> threads{[visits](World& w) {
                                            for (std::size_t i = 0; i < visits;
                                                 ++i)
                                              visit(w);
                                          },
                                          end_soon};
  if (waiting == 1) {
    threads[0] = visit;
    threads.emplace_back(wait);
  }
  const model::Report report = model::explore<World>(threads, [](World& w) {
    require(w.state.stage() == detached,
            "all have come back, and the stage is not detached");
    require(w.finished.get() != 0, "nobody closes the descriptor");
    require(w.finished.get() == 1, "two threads close the descriptor");
  });
  EXPECT_EQ(report.failure, "");
}

}  // namespace
}  // namespace netpoll
