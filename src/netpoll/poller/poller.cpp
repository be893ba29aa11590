// SPDX-License-Identifier: Apache-2.0
//
// A turn. What gives operators to the poller, and takes them away again, is in
// poller_watch.cpp, tasks are in poller_tasks.cpp, timers in poller_timers.cpp;
// who runs the turns, and run(), in poller_lead.cpp.
//
// Unlike upstream: an epoll_wait that fails ends the process with a line that
// names the reason. Upstream's poller thread ends without a word, and no event
// of its connections is seen again: poll_default_linux.go:102
// (defaultPoll.Wait).
#include "netpoll/poller/poller.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "netpoll/base/check.h"
#include "netpoll/os/eventfd.h"

namespace netpoll {
namespace {

// How many events a poller's first epoll_wait may return. When a call returns
// as many as it may, the number is doubled for the next call.
constexpr std::size_t kEventsAtFirst = 128;
// The number of events per epoll_wait is not doubled beyond this, as upstream.
// A later epoll_wait returns the other ready descriptors without sleeping.
constexpr std::size_t kEventsMax = 128 * 1024;
// To how many detached operators one turn drops the poller's Ref. Further ones
// are left to the next turn, which does not sleep. So events do not wait until
// many destructors have run.
constexpr std::size_t kRetiredPerTurn = 256;

// How many bytes the operators that are ready in one turn may move together,
// and what each of them may move even when more of them are ready.
constexpr std::size_t kTurnBytes = 1024 * 1024;
constexpr std::size_t kShareMin = 64 * 1024;

// Tasks are handed over when so many of them wait, or so many bytes that were
// read for them: then the workers find the bytes in the processor's cache. A
// hand-over wakes workers, so it does not come after each event.
constexpr std::size_t kBatchTasks = 64;
constexpr std::size_t kBatchBytes = 256 * 1024;

// The tag that epoll returns with an event of the Waker. An event of an
// operator has the operator's address as its tag.
constexpr void* kWakerTag = nullptr;

// Has the processor bring the operator of the next event into its cache while
// the present one is served: with a thousand connections it is not there any
// more. An address that is no operator's does no harm, except null: C++ allows
// no arithmetic on it.
void fetch_ahead(const void* op) {
  if (op == kWakerTag) return;
  constexpr std::size_t kBytes = 896;  // as many as a Connection has
  constexpr std::size_t kLine = 64;    // what a processor fetches at once
  for (std::size_t i = 0; i < kBytes; i += kLine)
    __builtin_prefetch(static_cast<const std::byte*>(op) + i);
}

}  // namespace

// The functions that any thread may call, and open(), which is [init].

Result<std::unique_ptr<Poller>> Poller::open(
    Runner& runner, std::function<void()> chore, const PollerPauses& pauses,
    std::chrono::microseconds own_time) {
  Result<os::Epoll> epoll = os::Epoll::open();
  if (!epoll) return fail(epoll.error());
  Result<UniqueFd> event = os::open_eventfd();
  if (!event) return fail(event.error());
  if (const auto error = epoll->add(event->get(), kWakerTag)) {
    return fail(error);
  }
  assert(own_time.count() >= 0);
  std::unique_ptr<Poller> poller(new Poller(
      *std::move(epoll), *std::move(event), runner, std::move(chore), pauses));
  poller->own_time_ = own_time;
  return poller;
}

Poller::Poller(os::Epoll epoll, UniqueFd event, Runner& runner,
               std::function<void()> chore, const PollerPauses& pauses)
    : epoll_(std::move(epoll)),
      waker_(std::move(event)),
      runner_(runner),
      wants_each_event_(runner.wants_each_event()),
      events_(kEventsAtFirst),
      tick_(std::move(chore), pauses.tick),
      refused_(pauses.refused_min, pauses.refused_max) {}

Poller::~Poller() {
  check(!is_home(), "a poller cannot destroy itself inside run()");
}

void Poller::stop() {
  // release: pairs with the acquire in run(): the poller's last timers and
  // tasks see all that the caller wrote before stop().
  stopping_.store(true, std::memory_order_release);
  waker_.ring();
  home_.call(0);
}

bool Poller::is_stopping() const {
  // relaxed: no caller relies on the answer to see data of other threads.
  return stopping_.load(std::memory_order_relaxed);
}

std::uint64_t Poller::turns() const {
  // relaxed: no caller relies on the number to see data of other threads.
  return turns_.load(std::memory_order_relaxed);
}

// The functions that only the poller's own thread calls. [poller]

// How many milliseconds epoll_wait may sleep: until `next`, when a timer or the
// chore is due, or until the runner is to be asked again to take the tasks that
// it refused, whichever comes first. 0: not at all. -1: without a limit.
int Poller::timeout_ms(Deadline next) const {
  constexpr int kSleepForever = -1;
  if (look_again_) return 0;
  if (!batch_.empty()) next = std::min(next, refused_.next());
  if (next == kNever) return kSleepForever;
  const Deadline now = Deadline::clock::now();
  if (next <= now) return 0;
  // Rounded up: with the time rounded down, the poller would wake before the
  // moment and find nothing due.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(
      std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max()));
}

// Returns false when another thread has taken the lead in a task of own_time:
// then this thread must not touch the poller any more. The events that it has
// not dispatched are reported again to the other thread.
bool Poller::turn() {
  assert(on_poller_thread());
  // When the next timer or chore is due, as seen now. A timer that is set later
  // in this turn counts from the next turn on, which computes `next` again.
  const Deadline next = std::min(timers_.soonest(), tick_.next());
  const Result<std::span<epoll_event>> ready =
      epoll_.wait(events_, timeout_ms(next));
  // epoll_wait fails only for wrong arguments, a mistake in this library. There
  // is no caller to whom the error could be returned, so the process ends.
  check(ready.has_value(), "epoll_wait refused its arguments");
  // relaxed: nobody relies on the number to see data of other threads. The
  // poller is the only writer, so a load and a store are enough; fetch_add()
  // would cost more.
  turns_.store(turns_.load(std::memory_order_relaxed) + 1,
               std::memory_order_relaxed);

  look_again_ = false;
  if (!dispatch_all(*ready)) return false;
  if (!ready->empty()) tick_.note_events();
  if (next != kNever) fire_timers(next);
  if (has_posted_) take_posted();
  if (!batch_.empty()) look_again_ |= hand_over();
  if (!retired_.empty()) drop_retired();
  look_again_ |= has_posted_ || !retired_.empty();

  if (ready->size() == events_.size() && events_.size() < kEventsMax) {
    events_.resize(events_.size() * 2);
  }
  return true;
}

// Dispatches the events of one turn, and runs or hands over the tasks that do
// not wait for the end of the turn. Returns false as turn().
bool Poller::dispatch_all(std::span<const epoll_event> ready) {
  share_ =
      std::max(kTurnBytes / std::max<std::size_t>(ready.size(), 1), kShareMin);
  own_begun_ = kNever;
  // The relief runs no task itself, so it can always give the lead back. Tasks
  // that the runner has refused before come before any other.
  runs_own_ = own_time_.count() > 0 && is_home() && batch_.empty();
  std::size_t waiting = 0;  // bytes that the tasks in batch_ will find
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (i + 1 < ready.size()) fetch_ahead(ready[i + 1].data.ptr);
    const epoll_event& event = ready[i];
    const std::size_t before = batch_.size();
    read_ = 0;
    dispatch(event);
    if (runs_own_ && batch_.size() > before) {
      auto& op = *static_cast<FdOperator*>(event.data.ptr);  // brought a task
      if (!run_own_tasks(op, before)) return false;
    }
    if (batch_.size() == before) continue;
    waiting += read_;
    if (!is_batch_full(waiting)) continue;
    look_again_ |= hand_over();
    waiting = 0;
  }
  return true;
}

// Whether the tasks in batch_, for which so many bytes are `waiting`, are to be
// handed over before the next event.
bool Poller::is_batch_full(std::size_t waiting) const {
  return wants_each_event_ || batch_.size() >= kBatchTasks ||
         waiting >= kBatchBytes;
}

void Poller::dispatch(const epoll_event& event) {
  assert(on_poller_thread());
  if (event.data.ptr == kWakerTag) {
    has_posted_ = true;
    return waker_.answer();
  }
  auto& op = *static_cast<FdOperator*>(event.data.ptr);
  // enter() returns false when the operator has been detached: the event, which
  // epoll_wait had already returned, is out of date.
  if (!op.watch().state.enter()) return;

  // An event can report input and a hang-up at once. Then only on_readable() is
  // called: it reads what the peer sent before it went away, and the read after
  // the last byte finds the end. on_hangup() is called when there is no input.
  if ((event.events & EPOLLIN) != 0) {
    op.on_readable();
  } else if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) {
    op.on_hangup();
  }
  // The stage is busy no more when the function called above, or another
  // thread, has detached the operator. Then on_writable() must not be called.
  if ((event.events & EPOLLOUT) != 0 &&
      op.watch().state.stage() == FdStage::busy) {
    op.on_writable();
  }
  leave(op);
}

// Drops the poller's Refs to detached operators, kRetiredPerTurn at most. The
// last Ref to an operator destroys it, and that destructor may detach other
// operators, which adds to retired_.
void Poller::drop_retired() {
  assert(on_poller_thread());
  for (std::size_t left = kRetiredPerTurn; left > 0 && !retired_.empty();
       --left) {
    const Ref<FdOperator> last = std::move(retired_.back());
    retired_.pop_back();
  }
}

}  // namespace netpoll
