// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/runner.h"

#include <cassert>
#include <utility>

namespace netpoll {
namespace {

Runner::Ran run_here(std::span<Task> batch) {
  for (Task& task : batch) {
    assert(task);
    // Moved to a local variable, so that this task and what it holds are
    // destroyed before the next task runs.
    Task running = std::move(task);
    running();
  }
  return Runner::Ran::here;
}

}  // namespace

Runner::Ran PoolRunner::run(std::span<Task> batch) {
  if (workers_.go(batch)) return Ran::elsewhere;
  return workers_.is_stopped() ? run_here(batch) : Ran::refused;
}

Runner::Ran InlineRunner::run(std::span<Task> batch) {
  return run_here(batch);
}

}  // namespace netpoll
