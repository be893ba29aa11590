// SPDX-License-Identifier: Apache-2.0
//
// FdState, the code that ships, under every interleaving and every value that
// the memory model allows. Plain variables say what must hold: two uses of one
// that are not ordered fail the execution.
#include "netpoll/poller/fd_state.h"

#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "model/explorer.h"

namespace netpoll {
namespace {

using model::explore;
using model::Options;
using model::Report;
using model::require;
using model::Step;

struct World {
  BasicFdState<model::Sync> state;
  model::Var<int> object;  // written before begin()
  model::Var<int> inside;  // written by the poller, between enter and leave
  // Written by a detacher, once detach() has returned.
  model::Var<bool> gone;
  model::Var<bool> gone_too;
  // Written by a caller of detach_soon(), and by the thread that finishes.
  model::Var<int> written;
  model::Var<int> gone_soon;
};

struct Watched : World {
  Watched() {
    object.set(7);
    require(state.begin(), "begun once");
  }
};

// What a poller does inside an operator. If a poller were inside while a
// detach() returns, or after that, its read of `gone` would be a race or would
// find true.
void use(World& w) {
  require(w.object.get() == 7, "the poller sees the object as it was begun");
  require(!w.gone.get() && !w.gone_too.get(), "nobody enters after detach()");
  w.inside.set(w.inside.get() + 1);
}

// What follows a detach_soon(), on the thread that is told to do it.
void finish(World& w) {
  w.gone_soon.set(w.gone_soon.get() + 1);
  w.inside.get();
  require(w.written.get() == 5, "what the caller wrote is visible");
}

void detach_soon(World& w) {
  w.written.set(5);
  if (w.state.detach_soon()) finish(w);
}

void visit(World& w) {
  if (!w.state.enter()) return;
  use(w);
  if (w.state.leave()) finish(w);
}

void visit_twice(World& w) {
  visit(w);
  visit(w);
}

void visit_and_detach(World& w) {
  if (w.state.enter()) {
    use(w);
    w.state.detach(true);
    use(w);
    if (w.state.leave()) finish(w);
  }
  require(!w.state.enter(), "the poller itself has detached it");
}

void detach(World& w) {
  w.state.detach(false);
  w.gone.set(true);
  w.inside.get();
}

void detach_too(World& w) {
  w.state.detach(false);
  w.gone_too.set(true);
  w.inside.get();
}

void begin(World& w) {
  w.object.set(7);
  static_cast<void>(w.state.begin());  // false when it has been detached first
}

void is_detached(World& w) {
  require(w.state.stage() == FdStage::detached, "detached at the end");
}

// epoll has reported the operator, perhaps before begin() is visible.
Report begun_under_the_poller(const Options& options) {
  return explore<World>({begin, visit_twice}, [](World&) {}, options);
}

Report detached_by_another(const Options& options) {
  return explore<Watched>({visit_twice, detach}, is_detached, options);
}

Report detached_by_two_others(const Options& options) {
  return explore<Watched>({visit, detach, detach_too}, is_detached, options);
}

Report detached_inside(const Options& options) {
  return explore<Watched>({visit_and_detach}, is_detached, options);
}

Report detached_inside_and_by_another(const Options& options) {
  return explore<Watched>({visit_and_detach, detach}, is_detached, options);
}

Report detached_inside_and_by_two_others(const Options& options) {
  return explore<Watched>({visit_and_detach, detach, detach_too}, is_detached,
                          options);
}

// The poller detaches this operator inside a function of another operator.
Report detached_by_the_poller_from_elsewhere(const Options& options) {
  const Step<World> poller = [](World& w) {
    visit(w);
    w.state.detach(true);
    require(!w.state.enter(), "the poller itself has detached it");
  };
  return explore<Watched>({poller, detach}, is_detached, options);
}

// As a connection asks for input that the poller may have in its hands: first
// whether the kernel still holds it, then whether the poller is inside.
struct Received : Watched {
  model::Sync::Atomic<int> kernel{1};  // its lock orders all who ask it
};

void take_input(Received& w) {
  if (!w.state.enter()) return;
  if (w.kernel.exchange(0, std::memory_order_acq_rel) == 1) w.inside.set(1);
  static_cast<void>(w.state.leave());
}

void look_for_input(Received& w) {
  if (w.kernel.load(std::memory_order_acquire) == 1) return;
  if (w.state.is_inside()) return;
  require(w.inside.get() == 1, "what is neither here nor there is counted");
}

Report asked_whether_inside(const Options& options) {
  return explore<Received>(
      {take_input, look_for_input}, [](Received&) {}, options);
}

// Exactly one thread finishes the detach.
void is_finished(World& w) {
  is_detached(w);
  require(w.gone_soon.get() == 1, "one thread finishes the detach");
}

Report detached_soon_by_another(const Options& options) {
  return explore<Watched>({visit_twice, detach_soon}, is_finished, options);
}

Report detached_soon_and_inside(const Options& options) {
  return explore<Watched>({visit_and_detach, detach_soon}, is_finished,
                          options);
}

Report begun_and_detached(const Options& options) {
  return explore<World>({begin, visit, detach}, is_detached, options);
}

const std::vector<model::Scenario>& scenarios() {
  static const std::vector<model::Scenario> all = {
      {"BegunUnderThePoller", begun_under_the_poller},
      {"DetachedByAnother", detached_by_another},
      {"DetachedByTwoOthers", detached_by_two_others},
      {"DetachedInside", detached_inside},
      {"DetachedInsideAndByAnother", detached_inside_and_by_another},
      {"DetachedInsideAndByTwoOthers", detached_inside_and_by_two_others},
      {"DetachedByThePollerFromElsewhere",
       detached_by_the_poller_from_elsewhere},
      {"BegunAndDetached", begun_and_detached},
      {"DetachedSoonByAnother", detached_soon_by_another},
      {"DetachedSoonAndInside", detached_soon_and_inside},
      {"AskedWhetherInside", asked_whether_inside},
  };
  return all;
}

class FdStateModel : public testing::TestWithParam<model::Scenario> {};

TEST_P(FdStateModel, HoldsInEveryExecution) {
  const Report report = GetParam().run({});
  EXPECT_EQ(report.failure, "");
  std::cout << report.executions << " executions, " << report.cut_short
            << " cut short\n";
}

INSTANTIATE_TEST_SUITE_P(FdState, FdStateModel, testing::ValuesIn(scenarios()),
                         model::name_of_scenario);

// Tests the tests above: each order in fd_state.h, weakened, fails one of them.
TEST(FdState, NeedsEveryOrderItNames) {
  const model::Sweep sweep = model::weaken_each(scenarios(), "fd_state.h");
  EXPECT_EQ(sweep.missed, std::vector<std::string>());
  EXPECT_EQ(sweep.caught.size(), 10u) << testing::PrintToString(sweep.caught);
}

}  // namespace
}  // namespace netpoll
