// SPDX-License-Identifier: Apache-2.0
//
// Timers beside a std::map from the operator to its moment.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "fuzz/script.h"
#include "netpoll/base/check.h"
#include "netpoll/poller/timers.h"

namespace netpoll::fuzz {
namespace {

class Op final : public FdOperator {
 public:
  Op() : FdOperator(-1) {}

 private:
  void on_readable() override {}
  void on_writable() override {}
  void on_hangup() override {}
};

class Clock {
 public:
  explicit Clock(Script script) : script_(script) {}

  bool is_over() const { return script_.is_over(); }

  void step() {
    if (script_.below(3) > 0) {
      set();
    } else {
      take_due();
    }
    check(timers_.soonest() == soonest(), "soonest()");
    check(timers_.count() == moments_.size(), "count()");
  }

  /// No operator may have a moment when it is destroyed.
  void end() {
    for (const Ref<Op>& op : ops_)
      timers_.set(*op, kNever);
    check(timers_.soonest() == kNever && timers_.count() == 0, "not empty");
  }

 private:
  // Few moments, so that many operators have the same one.
  Deadline moment() { return Deadline(std::chrono::hours(script_.below(12))); }

  Deadline soonest() const {
    Deadline first = kNever;
    for (const auto& [op, at] : moments_)
      first = std::min(first, at);
    return first;
  }

  void set() {
    Op& op = *ops_[script_.below(ops_.size())];
    const Deadline at = script_.below(4) == 0 ? kNever : moment();
    check(timers_.set(op, at) == (at < soonest()), "set() returns another");
    moments_.erase(&op);
    if (at != kNever) moments_[&op] = at;
  }

  void take_due() {
    const Deadline now = moment();
    std::array<FdOperator*, 8> room{};
    const auto due =
        timers_.take_due(now, std::span(room).first(1 + script_.below(8)));
    const std::size_t most = static_cast<std::size_t>(std::ranges::count_if(
        moments_, [now](const auto& entry) { return entry.second <= now; }));
    check(due.size() <= most, "take_due() returns too many");
    Deadline before = Deadline::min();
    for (FdOperator* op : due) {
      check(moments_.contains(op), "take_due() returns one twice");
      check(before <= moments_[op] && moments_[op] <= now, "the order");
      before = moments_[op];
      moments_.erase(op);
    }
    check(before <= soonest() || due.empty(), "a sooner one was left");
    check(!due.empty() || most == 0, "take_due() returns none");
  }

  Script script_;
  Timers timers_;
  std::array<Ref<Op>, 6> ops_ = {make_ref<Op>(), make_ref<Op>(),
                                 make_ref<Op>(), make_ref<Op>(),
                                 make_ref<Op>(), make_ref<Op>()};
  std::map<FdOperator*, Deadline> moments_;
};

}  // namespace
}  // namespace netpoll::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  netpoll::fuzz::Clock clock{netpoll::fuzz::Script({data, size})};
  while (!clock.is_over())
    clock.step();
  clock.end();
  return 0;
}
