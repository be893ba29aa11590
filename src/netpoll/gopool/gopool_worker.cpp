// SPDX-License-Identifier: Apache-2.0
//
// [worker] The life of a worker's thread: run tasks, sleep, run tasks …, end.

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "netpoll/gopool/gopool.h"

namespace netpoll {
namespace {

// The pool that this thread is a worker of; nullptr on every other thread.
// Written once, before the worker's first task.
thread_local const GoPool* t_worker_of = nullptr;

}  // namespace

bool GoPool::is_own_worker() const {
  return t_worker_of == this;
}

void GoPool::work(Self self) {
  t_worker_of = this;
  ::pthread_setname_np(::pthread_self(), options_.name.substr(0, 15).c_str());
  self->wake.wait();  // until start_worker() has stored the thread's handle
  for (Came came = Came::started;;) {
    Task task;  // may stay empty; destroyed before the worker sleeps
    const Next what = next(self, came, task);
    if (what == Next::end) return;
    if (what == Next::run) run(task);
    if (what == Next::sleep && !sleep(self)) return;
    came = what == Next::run ? Came::back : Came::woken;
  }
}

// Decides what the worker does next, and takes a task for it if one is queued.
// Inv-1 of gopool.h: under one and the same lock the worker sees the queue
// empty and enters itself as idle or as ended. So a later push either finds the
// worker idle and wakes it, or finds it gone and does not rely on it.
GoPool::Next GoPool::next(Self self, Came came, Task& task) {
  Chosen chosen;
  std::thread before;
  Next what = Next::run;
  {
    const Lock lock(mutex_);
    if (came == Came::woken) sleeper_on_its_way_ = false;
    if (came == Came::started) newborn_on_its_way_ = false;
    if (!queue_.empty()) {
      task = queue_.pop();       // `task` was empty: this destroys nothing
      chosen = choose_worker();  // for the next task: the one taken may block
    } else if (stopped_) {
      before = remove_worker(self);
      what = Next::end;
    } else {
      idle_.push_back(&*self);
      what = Next::sleep;
    }
  }
  if (chosen.sleeper != nullptr) chosen.sleeper->wake.pull();
  if (chosen.newborn) start_worker(*chosen.newborn, {});
  if (before.joinable()) before.join();
  return what;
}

// Runs `task`. If the task throws, on_panic is called, and the worker goes on.
// noexcept: if on_panic throws as well, the process ends, as it does when
// upstream's panic handler panics.
void GoPool::run(Task& task) noexcept {
  try {
    task();
  } catch (...) {
    options_.on_panic(std::current_exception());
  }
}

// Lets the worker sleep. Returns true when another thread has woken it. Returns
// false when it has slept for keep_alive; then it has been removed from the
// pool, and its thread must end.
bool GoPool::sleep(Self self) {
  if (options_.before_sleep) {
    if (self->wake.try_wait()) return true;
    run_before_sleep();
  }
  if (self->wake.wait_until(deadline_after(options_.keep_alive))) return true;
  if (end_if_idle(self)) return false;
  // The worker stays: it is one of the min_idle workers that never end, or
  // another thread took it off idle_ just when keep_alive was over, and is
  // about to pull `wake`. In both cases it sleeps until a thread pulls `wake`.
  self->wake.wait();
  return true;
}

void GoPool::run_before_sleep() noexcept {
  try {
    options_.before_sleep();
  } catch (...) {
    options_.on_panic(std::current_exception());
  }
}

// Removes the worker from the pool and returns true, unless another thread has
// taken it off idle_ or only min_idle workers sleep; then returns false.
bool GoPool::end_if_idle(Self self) {
  std::thread before;
  {
    const Lock lock(mutex_);
    const auto at = std::ranges::find(idle_, &*self);
    if (at == idle_.end() || idle_.size() <= options_.min_idle) return false;
    idle_.erase(at);
    before = remove_worker(self);
  }
  if (before.joinable()) before.join();
  return true;
}

// Removes the worker from the pool. Returns the thread of the worker that ended
// before it; the caller joins that thread after it has unlocked. Each ending
// worker puts its own thread's handle into ended_ and joins the thread whose
// handle it found there; that thread, too, has only such a join left to do. So
// at most one ended thread is not joined, and joining the last one waits for
// all.
std::thread GoPool::remove_worker(Self self) {
  assert(living_ > 0);
  assert(self->thread.get_id() == std::this_thread::get_id());
  std::thread before = std::exchange(ended_, std::move(self->thread));
  workers_.erase(self);
  --living_;
  if (workers_.empty()) workers_changed_.notify_all();
  return before;
}

}  // namespace netpoll
