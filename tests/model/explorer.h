// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every execution of a small concurrent program, under the C++ memory model.
//
//    struct World {                            // made anew for each execution
//      model::Var<int> data;
//      model::Atomic<bool> ready{false};
//    };
//    const model::Report report = model::explore<World>(
//        {[](World& w) { w.data.set(1);
//                        w.ready.store(true, std::memory_order_release); },
//         [](World& w) { if (w.ready.load(std::memory_order_acquire))
//                          model::require(w.data.get() == 1, "it is there"); }});
//    EXPECT_EQ(report.failure, "");
//
// Threads share Atomics and Vars and nothing else, own no memory, and use no
// gtest assertion: an execution that fails is left where it stands.
//
// And the test of the test: each order that the code names is weakened in turn,
// one half at a time, and some test has to fail. What no test notices is either
// a test that is missing or an order that is not needed.

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/atomic.h"
#include "model/scheduler.h"

namespace netpoll::model {

/// Fails the execution unless `fact`. From a thread or from look_after.
inline void require(bool fact, const char* what) {
  if (!fact) Scheduler::now().fail(what);
}

template <class World>
using Step = std::function<void(World&)>;

/// `look_after` runs when all threads have ended, and sees all they did.
template <class World>
Report explore(
    const std::vector<Step<World>>& threads,
    const Step<World>& look_after = [](World&) {},
    const Options& options = {}) {
  std::optional<World> world;
  Program program;
  program.set_up = [&world] { world.emplace(); };
  for (const Step<World>& thread : threads)
    program.threads.emplace_back([&world, &thread] { thread(*world); });
  program.look_after = [&world, &look_after] { look_after(*world); };
  Report report = Scheduler::explore(program, options);
  return report;
}

/// One test of the code, to be run with and without a fault.
struct Scenario {
  std::string name;
  std::function<Report(const Options&)> run;
};

/// For INSTANTIATE_TEST_SUITE_P over scenarios: `info` is gtest's.
inline constexpr auto name_of_scenario = [](const auto& info) {
  return info.param.name;
};
/// How gtest names it in a message.
inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

struct Sweep {
  std::vector<std::string> caught;  // "detach, fd_state.h:99: … by SCENARIO"
  std::vector<std::string> missed;
};

/// Weakens, one after the other, each order named in `file` that a scenario
/// comes by. Requires: the scenarios pass as they are.
Sweep weaken_each(const std::vector<Scenario>& scenarios,
                  std::string_view file);

}  // namespace netpoll::model
