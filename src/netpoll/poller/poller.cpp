// SPDX-License-Identifier: Apache-2.0
//
// The loop, and what gives tasks to it. What gives operators to the poller, and
// takes them away again, is in poller_watch.cpp; timers are in
// poller_timers.cpp.
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

// The poller whose run() the calling thread is in. Set and cleared by run().
thread_local const Poller* t_poller = nullptr;

// Budgets: how much of one kind a turn does before the next epoll_wait. What is
// over the budget waits for the next turn, which does not sleep. The budget of
// timers is in poller_timers.cpp.
constexpr std::size_t kEventsAtFirst = 128;  // and doubled while all are used,
constexpr std::size_t kEventsMax = 128 * 1024;  // up to this, as upstream
constexpr std::size_t kPostedPerTurn = 4096;
constexpr std::size_t kRetiredPerTurn = 256;

// epoll's tag for the Waker; the tag of an operator is its address.
constexpr void* kWakerTag = nullptr;

}  // namespace

// [any]

Result<std::unique_ptr<Poller>> Poller::open(Runner& runner,
                                             std::function<void()> chore,
                                             const PollerPauses& pauses) {
  Result<os::Epoll> epoll = os::Epoll::open();
  if (!epoll) return fail(epoll.error());
  Result<UniqueFd> event = os::open_eventfd();
  if (!event) return fail(event.error());
  if (const auto error = epoll->add(event->get(), kWakerTag)) {
    return fail(error);
  }
  return std::unique_ptr<Poller>(new Poller(
      *std::move(epoll), *std::move(event), runner, std::move(chore), pauses));
}

Poller::Poller(os::Epoll epoll, UniqueFd event, Runner& runner,
               std::function<void()> chore, const PollerPauses& pauses)
    : epoll_(std::move(epoll)),
      waker_(std::move(event)),
      runner_(runner),
      events_(kEventsAtFirst),
      tick_(std::move(chore), pauses.tick),
      refused_(pauses.refused_min, pauses.refused_max) {}

Poller::~Poller() {
  check(!on_poller_thread(), "a poller cannot destroy itself inside run()");
}

void Poller::go(Task task) {
  assert(task);
  if (runner_.go(task)) return;
  if (on_poller_thread()) return defer(std::move(task));
  {
    const Lock lock(posted_mutex_);
    posted_tasks_.push_back(std::move(task));
  }
  waker_.ring();
}

bool Poller::on_poller_thread() const {
  return t_poller == this;
}

bool Poller::on_any_poller_thread() {
  return t_poller != nullptr;
}

bool Poller::may_wait() {
  return t_poller == nullptr;
}

bool Poller::stands_in_for_worker() const {
  return t_poller == this && standing_in_;
}

void Poller::stop() {
  // release: pairs with the acquire in run().
  stopping_.store(true, std::memory_order_release);
  waker_.ring();
}

bool Poller::is_stopping() const {
  // relaxed: the caller reads no other data on the strength of the answer.
  return stopping_.load(std::memory_order_relaxed);
}

std::uint64_t Poller::turns() const {
  // relaxed: the caller reads no other data on the strength of the number.
  return turns_.load(std::memory_order_relaxed);
}

// [poller]

void Poller::defer(Task task) {
  assert(t_poller == this);
  assert(task);
  batch_.push_back(std::move(task));
}

void Poller::run() {
  assert(t_poller == nullptr);
  t_poller = this;
  // acquire: pairs with the release in stop().
  while (!stopping_.load(std::memory_order_acquire))
    turn();
  fire_last_timers();
  run_last_tasks();
  t_poller = nullptr;
}

// How long epoll_wait may sleep: until `next` or the next attempt to hand over.
int Poller::timeout_ms(Deadline next) const {
  constexpr int kSleepForever = -1;
  if (look_again_) return 0;
  if (!batch_.empty()) next = std::min(next, refused_.next());
  if (next == kNever) return kSleepForever;
  const Deadline now = Deadline::clock::now();
  if (next <= now) return 0;
  // Rounded up, or the poller would wake before the moment and find nothing.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(
      std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max()));
}

void Poller::turn() {
  assert(t_poller == this);
  // A sooner moment that is set during this turn fires in the next turn, which
  // does not sleep then.
  const Deadline next = std::min(timers_.soonest(), tick_.next());
  const Result<std::span<epoll_event>> ready =
      epoll_.wait(events_, timeout_ms(next));
  // Fails only for wrong arguments, and no caller is there to get the error.
  check(ready.has_value(), "epoll_wait refused its arguments");
  // relaxed: see turns(). The poller is the only writer.
  turns_.store(turns_.load(std::memory_order_relaxed) + 1,
               std::memory_order_relaxed);

  for (const epoll_event& event : *ready)
    dispatch(event);
  if (!ready->empty()) tick_.note_events();
  if (next != kNever) fire_timers(next);
  if (has_posted_) take_posted();
  look_again_ = !batch_.empty() && hand_over();
  if (!retired_.empty()) drop_retired();
  look_again_ |= has_posted_ || !retired_.empty();

  if (ready->size() == events_.size() && events_.size() < kEventsMax) {
    events_.resize(events_.size() * 2);
  }
}

void Poller::dispatch(const epoll_event& event) {
  assert(t_poller == this);
  if (event.data.ptr == kWakerTag) {
    has_posted_ = true;
    return waker_.answer();
  }
  auto& op = *static_cast<FdOperator*>(event.data.ptr);
  // Refused when an earlier event of this turn has detached the operator.
  if (!op.watch().state.enter()) return;

  // Input before a hang-up: what the peer sent before it went away is read, and
  // reading finds the end. A hang-up is reported when there is no input.
  if ((event.events & EPOLLIN) != 0) {
    op.on_readable();
  } else if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) {
    op.on_hangup();
  }
  // Not busy any more: the function above, or another thread, has detached it.
  if ((event.events & EPOLLOUT) != 0 &&
      op.watch().state.stage() == FdStage::busy) {
    op.on_writable();
  }
  leave(op);
}

void Poller::take_posted() {
  assert(t_poller == this);
  const Lock lock(posted_mutex_);
  for (std::size_t left = kPostedPerTurn; left > 0 && !posted_tasks_.empty();
       --left) {
    batch_.push_back(std::move(posted_tasks_.front()));
    posted_tasks_.pop_front();
  }
  has_posted_ = !posted_tasks_.empty();
  // Only pointers move here; drop_retired() has the budget.
  std::ranges::move(posted_retired_, std::back_inserter(retired_));
  posted_retired_.clear();
}

// Returns true when the next turn must not sleep.
bool Poller::hand_over() {
  assert(t_poller == this);
  assert(!batch_.empty());
  const Deadline retry = refused_.next();
  if (retry != kNever && Deadline::clock::now() < retry) return false;

  assert(running_.empty());
  running_.swap(batch_);  // what the tasks defer from now on is the next batch
  const Runner::Ran ran = runner_.run(running_);
  if (ran == Runner::Ran::refused) {
    keep_refused();
    return false;
  }
  if (retry != kNever) refused_.succeeded();
  running_.clear();
  if (ran == Runner::Ran::here) return !batch_.empty();
  ::sched_yield();
  return true;
}

// The tasks wait in batch_ for the next attempt. Once the attempts have failed
// for long, each attempt runs them on this thread instead, or a connection that
// is closed while no thread can be had would never be torn down.
void Poller::keep_refused() {
  assert(!running_.empty());
  refused_.failed(Deadline::clock::now());
  if (refused_.is_longest()) {
    standing_in_ = true;
    static_cast<void>(InlineRunner().run(running_));
    standing_in_ = false;
    running_.clear();
  } else {
    assert(batch_.empty());
    running_.swap(batch_);
  }
}

// Destructors run here, and may detach other operators.
void Poller::drop_retired() {
  assert(t_poller == this);
  for (std::size_t left = kRetiredPerTurn; left > 0 && !retired_.empty();
       --left) {
    const Ref<FdOperator> last = std::move(retired_.back());
    retired_.pop_back();
  }
}

// There is no later turn to which a task or a Ref could be left: the last turn
// may have brought the task that tears a connection down.
void Poller::run_last_tasks() {
  assert(t_poller == this);
  for (has_posted_ = true; has_posted_;)
    take_posted();
  running_.swap(batch_);
  if (runner_.run(running_) == Runner::Ran::refused) {
    static_cast<void>(InlineRunner().run(running_));
  }
  running_.clear();
  while (!retired_.empty())
    drop_retired();
}

}  // namespace netpoll
