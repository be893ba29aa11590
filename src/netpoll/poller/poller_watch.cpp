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
  // The poller's own Ref to the operator. It is kept as the plain pointer in
  // epoll's tag; stop_watching() makes it a Ref again, drop_retired() drops it.
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

// Takes a detached operator out of epoll and the timers, and leaves the
// poller's Ref to drop_retired(). A second call for the same operator does
// nothing.
void Poller::stop_watching(FdOperator& op) {
  {
    // Held until epoll_ctl has removed the descriptor. So a second detach(), on
    // another thread, returns after that too, and its caller may safely close
    // the descriptor.
    FdOperator::Watch& watch = op.watch();
    const Lock lock(watch.control);
    if (!watch.in_epoll) return;
    watch.in_epoll = false;
    timers_.set(op, kNever);
    // remove() fails only when the descriptor was closed too early, before it
    // was detached: a mistake in this library.
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
  waker_.ring();  // a turn of the poller drops the Ref
}

// Called after the on_… functions, once for each successful enter(). Finishes
// the detach if another thread has called detach_soon() meanwhile. [poller]
void Poller::leave(FdOperator& op) {
  if (!op.watch().state.leave()) return;
  stop_watching(op);
  op.on_detached();
}

}  // namespace netpoll
