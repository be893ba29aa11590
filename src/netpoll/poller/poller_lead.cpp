// SPDX-License-Identifier: Apache-2.0
//
// Which thread runs the turns. That is the thread inside run(), which is at
// home here. Only while a slow task of own_time keeps that thread, its relief
// leads in its place: lead.h, lead_home.h.
#include <algorithm>
#include <cassert>
#include <utility>

#include "netpoll/poller/poller.h"

namespace netpoll {
namespace {

// The poller whose turns the calling thread runs; nullptr on every other
// thread, and while the thread runs a task of own_time.
thread_local const Poller* t_poller = nullptr;

// The poller whose run() the calling thread is inside; nullptr on every other
// thread.
thread_local const Poller* t_home = nullptr;

// The relief looks this often whether a task of own_time is slow: one that runs
// in two looks is. While no task begins, the looks become rarer, so that they
// hardly wake an idle program. The first slow task after such a time may keep
// its poller from events for kLookSeldom and kLookOften.
constexpr std::chrono::milliseconds kLookOften{2};
constexpr std::chrono::milliseconds kLookSeldom{64};

// How long the poller runs tasks itself in one turn at most, so that its other
// events do not wait longer.
constexpr std::chrono::milliseconds kOwnTurn{5};

// The task of own_time that the calling thread runs. poller is nullptr if there
// is none, or the relief was called already.
struct OwnTask {
  Poller* poller = nullptr;
  Lead::Word number = 0;
};
thread_local OwnTask t_task;

}  // namespace

bool Poller::on_poller_thread() const {
  return t_poller == this;
}

bool Poller::is_home() const {
  return t_home == this;
}

bool Poller::on_any_poller_thread() {
  return t_poller != nullptr;
}

bool Poller::may_wait() {
  return t_poller == nullptr;
}

bool Poller::stands_in_for_worker() const {
  return on_poller_thread() && standing_in_;
}

void Poller::run() {
  assert(t_home == nullptr);
  assert(t_poller == nullptr);
  t_home = this;
  do {
    home_.take(lead_, waker_);
  } while (!lead());
  fire_last_timers();
  run_last_tasks();
  t_poller = nullptr;
  home_.give_up(lead_);
  t_home = nullptr;
}

void Poller::relieve() {
  assert(t_poller == nullptr);
  Lead::Word seen = 0;
  std::chrono::milliseconds pause = kLookOften;
  while (!is_stopping()) {
    Lead::Word slow = home_.sleep(pause);
    const Lead::Word now = lead_.now();
    if (slow == 0 && now == seen && Lead::is_in_task(now)) slow = now;
    pause = now == seen ? std::min(pause * 2, kLookSeldom) : kLookOften;
    seen = now;
    // false: the task is over already.
    if (slow != 0 && lead_.take_from(slow)) static_cast<void>(lead());
  }
}

// Runs turns until stop() was called. The relief also ends when the thread of
// run() waits for the lead, and gives the lead up. Returns true if this is the
// thread of run(), and leads still. Requires: this thread has just taken the
// lead.
bool Poller::lead() {
  t_poller = this;
  look_again_ = true;  // whoever led before may have left something
  // acquire: pairs with the release in stop(): the last timers and tasks see
  // all that the caller of stop() wrote before.
  while (!stopping_.load(std::memory_order_acquire)) {
    if (!turn()) return false;
    if (!is_home() && home_.is_wanted()) break;
  }
  if (is_home()) return true;
  t_poller = nullptr;
  home_.give_up(lead_);
  return false;
}

// Runs the tasks that an event of `op` has brought, those in batch_ from
// `first` on, here, unless earlier ones of `op` were slow: took longer than
// own_time. After kOwnTurn the rest of the turn's tasks is the runner's.
// Returns false when another thread has taken the lead.
bool Poller::run_own_tasks(FdOperator& op, std::size_t first) {
  Trust& trust = op.watch().trust;  // drop_retired() comes after the tasks
  if (!trust.try_next()) return true;
  Deadline begun = Deadline::clock::now();
  if (own_begun_ == kNever) own_begun_ = begun;
  bool fast = true;
  while (fast && batch_.size() > first) {
    const auto next = batch_.begin() + static_cast<std::ptrdiff_t>(first);
    Task task = std::move(*next);
    batch_.erase(next);  // one event brings two tasks at most
    if (!run_own(std::move(task))) return false;
    const Deadline now = Deadline::clock::now();
    fast = now - begun <= own_time_;
    begun = now;
  }
  if (fast) trust.was_fast();
  runs_own_ = begun - own_begun_ <= kOwnTurn;
  return true;
}

// Runs `task` as a worker would, so that it may wait. Returns false when
// another thread has taken the lead meanwhile.
bool Poller::run_own(Task task) {
  assert(on_poller_thread());
  const Lead::Word number = lead_.begin_task();
  t_poller = nullptr;
  t_task = {this, number};
  task();
  task = Task();  // to destroy what it holds is a part of it
  t_task = {};
  if (!lead_.end_task(number)) return false;
  t_poller = this;
  return true;
}

bool Poller::make_way() {
  if (t_poller != nullptr) return false;
  const OwnTask task = std::exchange(t_task, {});
  if (task.poller != nullptr) task.poller->home_.call(task.number);
  return true;
}

}  // namespace netpoll
