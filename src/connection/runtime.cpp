// SPDX-License-Identifier: Apache-2.0
#include "connection/runtime.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace netpoll {

Result<std::unique_ptr<Runtime>> Runtime::start(RuntimeOptions options) {
  std::size_t count = options.pollers;
  if (count == 0) {
    count = std::max<std::size_t>(std::thread::hardware_concurrency() / 4, 1);
  }
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(options.workers)));
  auto pollers = PollerGroup::start(count, runtime->workers_);
  if (!pollers) return fail(pollers.error());
  runtime->pollers_ = *std::move(pollers);
  return runtime;
}

Runtime::~Runtime() {
  // Workers first: one that is inside flush() still needs its poller.
  workers_.stop(Stop::drain);
}

}  // namespace netpoll
