// SPDX-License-Identifier: Apache-2.0
//
// [any] Which operators a poller watches, and for what.
#include <cassert>
#include <utility>

#include "netpoll/poller/poller.h"

namespace netpoll {

std::error_code Poller::add(FdOperator& op) {
  const Lock lock(op.watch().control);
  assert(!op.watch().in_epoll);
  if (!op.watch().state.begin()) return Errc::conn_closed;
  // The poller's own reference. detach() takes it back, and drop_retired()
  // drops it.
  Ref<FdOperator> held = Ref<FdOperator>::share(op);
  if (const auto error = epoll_.add(op.fd(), &op)) return error;
  op.watch().in_epoll = true;
  static_cast<void>(held.into_raw());
  return {};
}

std::error_code Poller::watch_output(FdOperator& op, bool on) {
  return set_interest(op, os::Interest::output, on);
}

std::error_code Poller::watch_input(FdOperator& op, bool on) {
  return set_interest(op, os::Interest::input, on);
}

std::error_code Poller::set_interest(FdOperator& op, os::Interest which,
                                     bool on) {
  const Lock lock(op.watch().control);
  if (!op.watch().in_epoll) return {};
  const auto old = std::to_underlying(op.watch().interest);
  const auto bit = std::to_underlying(which);
  const auto wanted = static_cast<os::Interest>(on ? old | bit : old & ~bit);
  if (wanted == op.watch().interest) return {};
  const std::error_code error = epoll_.set(op.fd(), wanted, &op);
  if (!error) op.watch().interest = wanted;
  return error;
}

void Poller::detach(FdOperator& op) {
  op.watch().state.detach(on_poller_thread());
  stop_watching(op);
}

bool Poller::detach_soon(FdOperator& op) {
  if (on_poller_thread()) {
    detach(op);
    return true;
  }
  if (!op.watch().state.detach_soon()) return false;
  stop_watching(op);
  return true;
}

bool Poller::watches(FdOperator& op) {
  const Lock lock(op.watch().control);
  return op.watch().in_epoll;
}

// Does nothing the second time.
void Poller::stop_watching(FdOperator& op) {
  {
    // A second detach() on another thread waits here for the first: its caller
    // may close the descriptor, which must have left the epoll before.
    FdOperator::Watch& watch = op.watch();
    const Lock lock(watch.control);
    if (!watch.in_epoll) return;
    watch.in_epoll = false;
    timers_.set(op, kNever);
    // Fails only when the descriptor was closed before: our own mistake.
    [[maybe_unused]] const auto error = epoll_.remove(op.fd());
    assert(!error);
  }
  Ref<FdOperator> held = Ref<FdOperator>::from_raw(&op);
  if (on_poller_thread()) {
    retired_.push_back(std::move(held));
    return;
  }
  {
    const Lock lock(posted_mutex_);
    posted_retired_.push_back(std::move(held));
  }
  waker_.ring();  // the poller must run a turn to drop the Ref
}

// [poller] The end of every visit to an operator.
void Poller::leave(FdOperator& op) {
  if (!op.watch().state.leave()) return;
  stop_watching(op);
  op.on_detached();
}

}  // namespace netpoll
