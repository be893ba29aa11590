// SPDX-License-Identifier: Apache-2.0
//
// When the poller calls on_timer(). All functions here are [poller], except for
// set_timer(), which is [any].
#include <algorithm>
#include <array>
#include <cassert>

#include "netpoll/poller/poller.h"

namespace netpoll {
namespace {

// How many timers fire in one turn at most. Further timers that are due fire in
// the next turn, which does not sleep. So events do not wait for many timers.
constexpr std::size_t kTimersPerTurn = 256;

}  // namespace

void Poller::set_timer(FdOperator& op, Deadline at) {
  bool is_soonest = false;
  {
    const Lock lock(op.watch().control);
    if (op.watch().in_epoll) is_soonest = timers_.set(op, at);
  }
  if (is_soonest && !on_poller_thread()) waker_.ring();
}

void Poller::fire_timers(Deadline next) {
  assert(on_poller_thread());
  const Deadline now = Deadline::clock::now();
  if (now < next) return;
  tick_.run_if_due(now);
  // take_due() returns plain pointers. They stay valid: an operator that is
  // detached now lives at least until this turn calls drop_retired().
  std::array<FdOperator*, kTimersPerTurn> room;
  call_timers(timers_.take_due(now, room));
}

void Poller::call_timers(std::span<FdOperator* const> due) {
  for (FdOperator* const op : due) {
    if (!op->watch().state.enter()) continue;
    op->on_timer();
    leave(*op);
  }
}

// Called when the poller stops. Calls on_timer() of each timer that is set,
// though its moment has not come, since there is no later turn that could. So a
// close that lingers (still waits for its peer) ends.
void Poller::fire_last_timers() {
  std::array<FdOperator*, kTimersPerTurn> room;
  for (std::size_t left = timers_.count(); left > 0;) {
    const auto due = timers_.take_due(
        kNever, std::span(room).first(std::min(left, room.size())));
    if (due.empty()) return;
    left -= due.size();
    call_timers(due);
  }
}

}  // namespace netpoll
