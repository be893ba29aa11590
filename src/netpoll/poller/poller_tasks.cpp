// SPDX-License-Identifier: Apache-2.0
//
// The way of a task: go() and defer() bring it, hand_over() gives it to the
// runner. go() is [any]; the rest is for the poller's own thread only.
//
// When the runner refuses the tasks (no worker thread can be started), the
// poller keeps them and asks again after 10 ms, 20 ms, … 1 s. Meanwhile events
// are still dispatched. The kept tasks are bounded as long as each operator
// defers a bounded number before one of them has run; a Connection defers two
// at most. From the first pause of 1 s on the poller runs the refused tasks
// itself (see stands_in_for_worker()).
#include <sched.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "netpoll/poller/poller.h"

namespace netpoll {
namespace {

// How many of the tasks that other threads have posted one turn takes. Further
// ones are left to the next turn, which does not sleep. So a turn stays short
// even when many tasks are posted.
constexpr std::size_t kPostedPerTurn = 4096;

}  // namespace

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

void Poller::defer(Task task) {
  assert(on_poller_thread());
  assert(task);
  batch_.push_back(std::move(task));
}

void Poller::take_posted() {
  assert(on_poller_thread());
  const Lock lock(posted_mutex_);
  for (std::size_t left = kPostedPerTurn; left > 0 && !posted_tasks_.empty();
       --left) {
    batch_.push_back(std::move(posted_tasks_.front()));
    posted_tasks_.pop_front();
  }
  has_posted_ = !posted_tasks_.empty();
  // All detached operators are moved at once, without a budget: moving a Ref is
  // cheap. drop_retired() drops a bounded number of these Refs in each turn.
  std::ranges::move(posted_retired_, std::back_inserter(retired_));
  posted_retired_.clear();
}

// Gives the tasks in batch_ to the runner, unless the runner has refused and
// the pause after that is not over. Returns true when the next turn must not
// sleep: other threads have the tasks, or a task that ran on this thread has
// deferred another task.
bool Poller::hand_over() {
  assert(on_poller_thread());
  assert(!batch_.empty());
  const Deadline retry = refused_.next();
  if (retry != kNever && Deadline::clock::now() < retry) return false;

  assert(running_.empty());
  running_.swap(batch_);  // a task that is deferred from now on waits in batch_
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

// Called when the runner has refused the tasks in running_. Moves them back to
// batch_, where they wait for the next attempt. Once the pause between attempts
// has reached its maximum, runs them on this thread instead: if it did not, no
// closed connection would be torn down while no worker thread can be started.
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

// Runs all tasks that are deferred or posted, and drops all Refs to detached
// operators, without a budget. run() returns after this, so no later turn could
// do it, and one of the tasks may be the one that tears a connection down.
void Poller::run_last_tasks() {
  assert(on_poller_thread());
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
