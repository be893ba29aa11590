// SPDX-License-Identifier: Apache-2.0
#include "netpoll/connection/runtime.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "netpoll/mcache/mcache.h"

namespace netpoll {
namespace {

using std::chrono::microseconds;

std::size_t default_pollers() {
  return std::max<std::size_t>(std::thread::hardware_concurrency() / 4, 1);
}

std::unique_ptr<Runner> make_runner(RunBy who, GoPool& workers) {
  if (who == RunBy::inline_on_poller) return std::make_unique<InlineRunner>();
  return std::make_unique<PoolRunner>(workers);
}

// With RunBy::adaptive: handlers that take longer than this are run by workers,
// but for the first in a turn. To wake a worker on another core costs as much.
constexpr microseconds kOwnTime{30};

// How many bytes of free blocks a worker that sleeps keeps in its own cache of
// mcache. It returns the others before it sleeps: workers free the blocks that
// pollers have allocated, and there may be thousands of workers.
constexpr std::size_t kSleeperKeeps = 64 * 1024;

GoPoolOptions with_small_sleepers(GoPoolOptions options) {
  options.before_sleep = [user = std::move(options.before_sleep)] {
    mcache::shrink_thread(kSleeperKeeps);
    if (user) user();
  };
  return options;
}

}  // namespace

Runtime::Runtime(const RuntimeOptions& options)
    : workers_(with_small_sleepers(options.workers)),
      runner_(make_runner(options.runner, workers_)) {}

Result<std::unique_ptr<Runtime>> Runtime::start(const RuntimeOptions& options) {
  std::unique_ptr<Runtime> runtime(new Runtime(options));
  PollerGroupOptions group{
      .count = options.pollers > 0 ? options.pollers : default_pollers(),
      .balance = options.balance,
      .chore = [self = runtime.get()] { self->trim_memory(); },
      .pauses = options.pauses,
      .own_time =
          options.runner == RunBy::adaptive ? kOwnTime : microseconds(0)};
  auto pollers = PollerGroup::start(*runtime->runner_, group);
  if (!pollers) return fail(pollers.error());
  runtime->pollers_ = *std::move(pollers);
  if (options.acceptors == 0) return runtime;

  auto acceptors = PollerGroup::start(
      *runtime->runner_, {.count = options.acceptors, .name = "acceptor"});
  if (!acceptors) return fail(acceptors.error());
  runtime->acceptors_ = *std::move(acceptors);
  return runtime;
}

Runtime::~Runtime() {
  // Workers first: one that is inside flush() still needs its poller.
  workers_.stop(Stop::drain);
}

bool Runtime::on_own_thread() const {
  return workers_.is_own_worker() || pollers_->on_own_thread() ||
         (acceptors_ != nullptr && acceptors_->on_own_thread());
}

// [poller] Calls mcache::trim() about once a second. Every poller that has work
// calls this function once a second; the first one in each second trims.
void Runtime::trim_memory() {
  const Deadline now = Deadline::clock::now();
  // relaxed: next_trim_ stands on its own. Of the pollers that read the same
  // moment, only the one whose exchange succeeds trims.
  Deadline next = next_trim_.load(std::memory_order_relaxed);
  if (now < next) return;
  const Deadline later = now + std::chrono::milliseconds(900);
  if (next_trim_.compare_exchange_strong(next, later,
                                         std::memory_order_relaxed)) {
    mcache::trim();
  }
}

}  // namespace netpoll
