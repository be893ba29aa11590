// SPDX-License-Identifier: Apache-2.0
#include "poller/poller_group.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace netpoll {
namespace {

void run_named(Poller& poller, std::size_t number) {
  const std::string name = "poller-" + std::to_string(number);
  ::pthread_setname_np(::pthread_self(), name.c_str());
  poller.run();
}

}  // namespace

Result<std::unique_ptr<PollerGroup>> PollerGroup::start(std::size_t count,
                                                        GoPool& workers) {
  std::vector<std::unique_ptr<Poller>> pollers;
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    Result<std::unique_ptr<Poller>> poller = Poller::open(workers);
    if (!poller) return fail(poller.error());
    pollers.push_back(*std::move(poller));
  }
  try {
    return std::unique_ptr<PollerGroup>(new PollerGroup(std::move(pollers)));
  } catch (const std::system_error& error) {  // no thread can be had
    return fail(error.code());
  }
}

PollerGroup::PollerGroup(std::vector<std::unique_ptr<Poller>> pollers)
    : pollers_(std::move(pollers)) {
  try {
    for (std::size_t i = 0; i < pollers_.size(); ++i) {
      threads_.emplace_back(run_named, std::ref(*pollers_[i]), i);
    }
  } catch (...) {
    // Those that have started are joined on the way out, so they must end.
    for (const auto& poller : pollers_)
      poller->stop();
    throw;
  }
}

PollerGroup::~PollerGroup() {
  for (const auto& poller : pollers_)
    poller->stop();
  threads_.clear();  // joins
}

Poller& PollerGroup::next() {
  // relaxed: any order of the numbers will do. Unsigned, so it may wrap.
  const std::size_t turn = turn_.fetch_add(1, std::memory_order_relaxed) + 1;
  return *pollers_[turn % pollers_.size()];
}

}  // namespace netpoll
