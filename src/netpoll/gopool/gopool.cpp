// SPDX-License-Identifier: Apache-2.0
#include "netpoll/gopool/gopool.h"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "netpoll/base/check.h"
#include "netpoll/base/log.h"

namespace netpoll {
namespace {

// The pool whose worker this thread is; written once, before its first task.
thread_local const GoPool* t_working_for = nullptr;

void log_panic(const std::string& pool, const std::exception_ptr& thrown) {
  const std::string what = pool + ": a task threw";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    log::warn(what, error.what());
  } catch (...) {
    log::warn(what, "not a std::exception");
  }
}

GoPoolOptions complete(GoPoolOptions options) {
  if (!options.on_panic) {
    options.on_panic = [name = options.name](const std::exception_ptr& thrown) {
      log_panic(name, thrown);
    };
  }
  if (!options.start_thread) {
    options.start_thread = [](Task body) {
      return std::thread(std::move(body));
    };
  }
  return options;
}

}  // namespace

GoPool::GoPool(GoPoolOptions options) : options_(complete(std::move(options))) {
  assert(options_.keep_alive.count() >= 0);
}

GoPool::~GoPool() {
  stop(Stop::drain);
}

// [any] Tasks come in.

bool GoPool::go(std::span<Task> tasks) {
  Help help;
  const bool taken = enqueue(tasks, help);
  give(help);
  return taken;
}

bool GoPool::enqueue(std::span<Task> tasks, Help& help) {
  const Lock lock(mutex_);
  if (stopped_) return false;
  if (tasks.empty()) return true;
  // Inv-1 begins here: no task is taken while nobody could run it.
  if (workers_.empty() && !start_worker(help)) return false;
  for (Task& task : tasks) {
    assert(task);
    queue_.push_back(std::move(task));
  }
  call_for_help(help);
  return true;
}

// Asked wherever a task may be left waiting: after a push, and by a worker that
// takes one task of several. The answer is carried out by give(), unlocked.
void GoPool::call_for_help(Help& help) {
  if (queue_.empty() || help_comes_) return;
  if (!idle_.empty()) {
    help.sleeper = idle_.back();
    idle_.pop_back();
    help_comes_ = true;
  } else if (queue_.size() >= options_.scale_threshold &&
             workers_.size() < options_.cap) {
    start_worker(help);  // if it fails, those who live will get to the task
  }
}

// Under the lock, although a start takes some 20 us: so the cap is strict, the
// newborn finds its own handle set, and a task that go() took never waits for a
// thread that turns out not to start. Upstream checks first and counts later.
bool GoPool::start_worker(Help& help) noexcept {
  assert(workers_.empty() || workers_.size() < options_.cap);
  const Self self = workers_.emplace(workers_.end());
  try {
    self->thread = options_.start_thread([this, self] { work(self); });
    help_comes_ = true;
    start_failed_ = false;
    return true;
  } catch (const std::system_error& error) {
    workers_.erase(self);
    // Every push tries again while threads are short; the first one says so.
    if (!std::exchange(start_failed_, true)) help.error = error.code();
    return false;
  }
}

void GoPool::give(const Help& help) {
  // The sleeper cannot be gone: off idle_, it waits for this very pull.
  if (help.sleeper != nullptr) help.sleeper->wake.pull();
  if (help.error) log::warn(options_.name + ": start a worker", help.error);
}

// [any] The end.

std::size_t GoPool::stop(Stop how) {
  check(t_working_for != this, "a worker cannot stop or destroy its own pool");
  const std::deque<Task> discarded = begin_stop(how);
  std::thread last = last_to_leave();
  if (last.joinable()) last.join();
  return discarded.size();
}

std::deque<Task> GoPool::begin_stop(Stop how) {
  std::deque<Task> discarded;
  std::vector<Worker*> sleepers;
  {
    const Lock lock(mutex_);
    stopped_ = true;
    if (how == Stop::discard) queue_.swap(discarded);
    idle_.swap(sleepers);
  }
  for (Worker* sleeper : sleepers) {
    sleeper->wake.pull();
  }
  return discarded;
}

std::thread GoPool::last_to_leave() {
  Lock lock(mutex_);
  while (!workers_.empty())
    lock.wait(all_left_);
  return std::move(gone_);
}

bool GoPool::on_own_thread() const {
  return t_working_for == this;
}

bool GoPool::is_stopped() const {
  const Lock lock(mutex_);
  return stopped_;
}

GoPool::Stats GoPool::stats() const {
  const Lock lock(mutex_);
  return {workers_.size(), idle_.size(), queue_.size()};
}

// [worker] One life: arrive; run tasks, sleep, run tasks …; leave.

void GoPool::work(Self self) {
  t_working_for = this;
  ::pthread_setname_np(::pthread_self(), options_.name.substr(0, 15).c_str());
  arrive();
  for (;;) {
    Task task;  // of this round: its captures are gone before we sleep
    const Next what = next(self, task);
    if (what == Next::leave) return;
    if (what == Next::work) run(task);
    if (what == Next::sleep && !sleep(self)) return;
  }
}

// From here on the next worker may be called for.
void GoPool::arrive() {
  const Lock lock(mutex_);
  help_comes_ = false;
}

// Inv-1: to sleep or to leave is decided under the lock under which the queue
// was seen empty; the next push finds us on idle_, or counts without us.
GoPool::Next GoPool::next(Self self, Task& task) {
  Help help;
  std::thread before;
  Next what = Next::work;
  {
    const Lock lock(mutex_);
    if (!queue_.empty()) {
      task = std::move(queue_.front());
      queue_.pop_front();
      call_for_help(help);  // our task may block; the others must not wait
    } else if (stopped_) {
      before = leave(self);
      what = Next::leave;
    } else {
      idle_.push_back(&*self);
      what = Next::sleep;
    }
  }
  give(help);
  if (before.joinable()) before.join();
  return what;
}

// A throwing task ends alone. noexcept: a handler that throws in its turn ends
// the process, as upstream's panicking handler does.
void GoPool::run(Task& task) noexcept {
  try {
    task();
  } catch (...) {
    options_.on_panic(std::current_exception());
  }
}

// Until woken: true. Until nobody needed us for keep_alive: false, and we have
// left.
bool GoPool::sleep(Self self) {
  if (!self->wake.wait_until(deadline_after(options_.keep_alive))) {
    if (leave_if_idle(self)) return false;
    // One of the min_idle that stay, or somebody took us off idle_ as the time
    // ran out, and the pull is on its way. Either way this ends with a pull.
    self->wake.wait();
  }
  arrive();
  return true;
}

bool GoPool::leave_if_idle(Self self) {
  std::thread before;
  {
    const Lock lock(mutex_);
    const auto at = std::ranges::find(idle_, &*self);
    if (at == idle_.end() || idle_.size() <= options_.min_idle) return false;
    idle_.erase(at);
    before = leave(self);
  }
  if (before.joinable()) before.join();
  return true;
}

// Whoever leaves puts its handle into gone_ and joins the one it found there,
// which has nothing left to do but the same. So one ended thread is unjoined at
// most, and who joins the last has joined them all.
std::thread GoPool::leave(Self self) {
  std::thread before = std::exchange(gone_, std::move(self->thread));
  workers_.erase(self);
  if (workers_.empty()) all_left_.notify_all();
  return before;
}

}  // namespace netpoll
