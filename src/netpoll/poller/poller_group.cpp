// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/poller_group.h"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <system_error>
#include <utility>

#include "netpoll/base/check.h"

namespace netpoll {
namespace {

// The whole of a thread: `body` is Poller::run or Poller::relieve.
void call_named(void (Poller::*body)(), Poller& poller,
                const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.c_str());
  (poller.*body)();
}

// Makes numbers that look random out of 1, 2, 3, …: each step mixes the upper
// bits into the lower ones and multiplies by an odd constant (the last steps of
// the generator splitmix64).
std::uint64_t scatter(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

}  // namespace

Result<std::unique_ptr<PollerGroup>> PollerGroup::start(
    Runner& runner, const PollerGroupOptions& options) {
  const std::size_t count = std::max<std::size_t>(options.count, 1);
  std::vector<std::unique_ptr<Poller>> pollers;
  for (std::size_t i = 0; i < count; ++i) {
    auto poller =
        Poller::open(runner, options.chore, options.pauses, options.own_time);
    if (!poller) return fail(poller.error());
    pollers.push_back(*std::move(poller));
  }
  try {
    return std::unique_ptr<PollerGroup>(
        new PollerGroup(std::move(pollers), options));
  } catch (const std::system_error& error) {  // no thread can be started
    return fail(error.code());
  }
}

PollerGroup::PollerGroup(std::vector<std::unique_ptr<Poller>> pollers,
                         const PollerGroupOptions& options)
    : balance_(options.balance), pollers_(std::move(pollers)) {
  assert(!pollers_.empty());
  try {
    for (std::size_t i = 0; i < pollers_.size(); ++i) {
      const std::string number = std::to_string(i);
      threads_.emplace_back(call_named, &Poller::run, std::ref(*pollers_[i]),
                            options.name + "-" + number);
      if (options.own_time.count() == 0) continue;
      threads_.emplace_back(call_named, &Poller::relieve,
                            std::ref(*pollers_[i]), "relief-" + number);
    }
  } catch (...) {
    // The destructor of threads_ waits until the threads that have started have
    // ended, so run() of their pollers must return.
    for (const auto& poller : pollers_)
      poller->stop();
    throw;
  }
}

PollerGroup::~PollerGroup() {
  check(!on_own_thread(), "a poller's thread cannot destroy its own group");
  for (const auto& poller : pollers_)
    poller->stop();
  threads_.clear();  // waits for each thread: a std::jthread's destructor joins
}

bool PollerGroup::on_own_thread() const {
  return std::ranges::any_of(pollers_, [](const auto& poller) {
    return poller->is_home() || poller->on_poller_thread();
  });
}

Poller& PollerGroup::next() {
  // relaxed: nobody relies on the number to see data of other threads. It is
  // unsigned, so after its largest value it begins again at 0.
  std::uint64_t turn = turn_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (balance_ == LoadBalance::random) turn = scatter(turn);
  return *pollers_[turn % pollers_.size()];
}

}  // namespace netpoll
