// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/poller.h"

#include <sched.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <utility>

#include "netpoll/base/check.h"
#include "netpoll/os/eventfd.h"

namespace netpoll {
namespace {

constexpr std::size_t kEventsAtFirst = 128;
constexpr std::size_t kEventsMax = 128 * 1024;
constexpr int kSleep = -1;
constexpr int kLook = 0;

// The doorbell's tag; every operator has an address.
constexpr void* kDoorbell = nullptr;

bool holds(const epoll_event& event, std::uint32_t bits) {
  return (event.events & bits) != 0;
}

}  // namespace

Result<std::unique_ptr<Poller>> Poller::open(Runner& runner,
                                             std::function<void()> chore) {
  Result<os::Epoll> epoll = os::Epoll::open();
  if (!epoll) return fail(epoll.error());
  Result<UniqueFd> event = os::open_eventfd();
  if (!event) return fail(event.error());
  if (const auto error = epoll->add(event->get(), kDoorbell)) {
    return fail(error);
  }
  return std::unique_ptr<Poller>(new Poller(
      *std::move(epoll), *std::move(event), runner, std::move(chore)));
}

Poller::Poller(os::Epoll epoll, UniqueFd event, Runner& runner,
               std::function<void()> chore)
    : epoll_(std::move(epoll)),
      waker_(std::move(event)),
      runner_(runner),
      events_(kEventsAtFirst),
      tick_(std::move(chore)) {}

std::error_code Poller::add(FdOperator& op) {
  const Lock lock(op.control_);
  if (!op.state_.begin()) return Errc::conn_closed;
  // The poller's own reference, until the end of the turn after detach().
  Ref<FdOperator> held = Ref<FdOperator>::share(op);
  if (const auto error = epoll_.add(op.fd(), &op)) return error;
  op.in_epoll_ = true;
  static_cast<void>(held.into_raw());  // detach() takes it up again
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
  const Lock lock(op.control_);
  if (!op.in_epoll_) return {};
  const auto now = std::to_underlying(op.interest_);
  const auto bit = std::to_underlying(which);
  op.interest_ = static_cast<os::Interest>(on ? now | bit : now & ~bit);
  return epoll_.set(op.fd(), op.interest_, &op);
}

void Poller::set_timer(FdOperator& op, Deadline at) {
  bool sooner = false;
  {
    const Lock lock(op.control_);
    if (op.in_epoll_) sooner = timers_.set(op, at);
  }
  if (sooner && !on_poller_thread()) waker_.ring();
}

void Poller::go(Task task) {
  if (runner_.go(task)) return;
  {
    const Lock lock(posted_mutex_);
    posted_.push_back(std::move(task));
  }
  waker_.ring();
}

void Poller::detach(FdOperator& op) {
  const bool inside = on_poller_thread();
  op.state_.detach(inside);
  forget(op);
  if (!inside) waker_.ring();  // a turn must end for the Ref to go
}

bool Poller::detach_soon(FdOperator& op) {
  if (on_poller_thread()) {
    detach(op);
    return true;
  }
  if (!op.state_.detach_soon()) return false;
  forget(op);
  waker_.ring();
  return true;
}

bool Poller::watches(FdOperator& op) {
  const Lock lock(op.control_);
  return op.in_epoll_;
}

void Poller::forget(FdOperator& op) {
  {
    // A second detach() waits here for the first: whoever returns may close
    // the descriptor, and it must have left the epoll by then.
    const Lock lock(op.control_);
    if (!op.in_epoll_) return;
    op.in_epoll_ = false;
    timers_.set(op, kNever);
    // Fails only if somebody closed the descriptor first: our own mistake.
    [[maybe_unused]] const auto error = epoll_.remove(op.fd());
    assert(!error);
  }
  const Lock lock(retired_mutex_);
  retired_.push_back(Ref<FdOperator>::from_raw(&op));
}

void Poller::leave(FdOperator& op) {
  if (!op.state_.leave()) return;
  forget(op);
  op.on_detached();
}

bool Poller::on_poller_thread() const {
  // relaxed: equal only when this very thread stored it.
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void Poller::run() {
  // relaxed: see on_poller_thread().
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  // acquire: pairs with the release in stop().
  while (!stopping_.load(std::memory_order_acquire)) {
    turn(busy_ ? kLook : sleep_ms());
  }
  // A close that lingers waits no longer: all timers fire.
  fire_timers_until(kNever);
  // What the last turn posted or deferred: a connection may be torn down by it.
  take_posted();
  hand_over();
  drop_retired();
  thread_.store(std::thread::id(), std::memory_order_relaxed);
}

void Poller::stop() {
  // release: pairs with the acquire in run().
  stopping_.store(true, std::memory_order_release);
  waker_.ring();
}

int Poller::sleep_ms() const {
  const Deadline next = std::min(timers_.soonest(), tick_.next());
  if (next == kNever) return kSleep;
  const Deadline now = Deadline::clock::now();
  if (next <= now) return kLook;
  // Rounded up: a turn that comes too early finds nothing due.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(
      std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max()));
}

void Poller::turn(int timeout_ms) {
  const Result<std::span<epoll_event>> ready = epoll_.wait(events_, timeout_ms);
  // Only a wrong call fails here, and nobody could be told.
  check(ready.has_value(), "epoll_wait refused its arguments");

  for (const epoll_event& event : *ready)
    dispatch(event);
  if (!ready->empty()) tick_.note_work();
  fire_timers();
  take_posted();
  busy_ = hand_over();
  drop_retired();

  if (ready->size() == events_.size() && events_.size() < kEventsMax) {
    events_.resize(events_.size() * 2);
  }
}

void Poller::dispatch(const epoll_event& event) {
  if (event.data.ptr == kDoorbell) return waker_.answer();
  auto& op = *static_cast<FdOperator*>(event.data.ptr);
  if (!op.state_.enter()) return;  // detached by an earlier event of this batch

  // Input first: what the peer sent before it went away is delivered, and the
  // read finds out how it went. Without input to read, a hang-up is the news.
  if (holds(event, EPOLLIN)) {
    op.on_readable();
  } else if (holds(event, EPOLLERR | EPOLLHUP)) {
    op.on_hangup();
  }
  if (holds(event, EPOLLOUT)) op.on_writable();
  leave(op);
}

void Poller::fire_timers() {
  const Deadline next = std::min(timers_.soonest(), tick_.next());
  if (next == kNever) return;
  const Deadline now = Deadline::clock::now();
  if (now < next) return;
  tick_.run(now);
  fire_timers_until(now);
}

void Poller::fire_timers_until(Deadline now) {
  // One that is detached meanwhile lives until drop_retired().
  for (FdOperator* op : timers_.take_due(now)) {
    if (!op->state_.enter()) continue;
    op->on_timer();
    leave(*op);
  }
}

void Poller::take_posted() {
  const Lock lock(posted_mutex_);
  std::ranges::move(posted_, std::back_inserter(batch_));
  posted_.clear();
}

// True when the poller should look again before it sleeps.
bool Poller::hand_over() {
  if (batch_.empty()) return false;
  running_.swap(batch_);  // what these defer is for the next turn
  const Runner::Ran ran = runner_.run(running_);
  if (ran == Runner::Ran::refused) {
    std::ranges::move(batch_, std::back_inserter(running_));
    batch_.swap(running_);
  }
  running_.clear();
  if (ran == Runner::Ran::here) return !batch_.empty();
  ::sched_yield();
  return true;
}

void Poller::drop_retired() {
  std::vector<Ref<FdOperator>> last;
  {
    const Lock lock(retired_mutex_);
    last.swap(retired_);
  }
  // Destructors run here, outside the lock.
}

}  // namespace netpoll
