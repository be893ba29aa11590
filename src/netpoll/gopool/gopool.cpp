// SPDX-License-Identifier: Apache-2.0
#include "netpoll/gopool/gopool.h"

#include <cassert>
#include <string_view>
#include <utility>

#include "netpoll/base/check.h"
#include "netpoll/base/log.h"

namespace netpoll {
namespace {

constexpr std::string_view kNoException = "not a std::exception";

void log_panic(const std::string& pool, const std::exception_ptr& thrown) {
  const std::string what = pool + ": a task threw";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    log::warn(what, error.what());
  } catch (...) {
    log::warn(what, kNoException);
  }
}

GoPoolOptions complete(GoPoolOptions options) {
  if (options.cap == 0) options.cap = 1;
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

// The functions by which tasks come in. [any]

// After its last unlock this thread uses only the woken or started worker, not
// the pool: another thread may destroy the pool as soon as the tasks have run
// and that worker's `wake` has been pulled.
bool GoPool::go(std::span<Task> tasks) {
  Chosen chosen;
  {
    Lock lock(mutex_);
    if (tasks.empty()) return !stopped_;
    while (living_ == 0 && newborn_on_its_way_ && !stopped_) {
      // Another go() is starting the first worker, and may fail: so wait for
      // the result. But if that go() is on this thread (its start_thread has
      // called this go()), waiting would not end.
      if (starter_ == std::this_thread::get_id()) return false;
      lock.wait(workers_changed_);
    }
    if (stopped_) return false;
    if (living_ > 0) {
      push(tasks);
      tasks = {};
      chosen = choose_worker();
    } else {
      chosen.newborn = reserve_worker();
    }
  }
  if (chosen.sleeper != nullptr) chosen.sleeper->wake.pull();
  return !chosen.newborn || start_worker(*chosen.newborn, tasks) ||
         tasks.empty();
}

void GoPool::push(std::span<Task> tasks) {
  for (Task& task : tasks)
    queue_.push(std::move(task));
}

// Chooses the worker that must be woken or started for the queued tasks, if one
// is needed and none is on its way. Called wherever a task may stay in the
// queue: after a push, and by a worker that takes one task of several. The
// caller wakes or starts the chosen worker after it has unlocked mutex_.
GoPool::Chosen GoPool::choose_worker() {
  if (queue_.empty() || sleeper_on_its_way_) return {};
  if (!idle_.empty()) {
    sleeper_on_its_way_ = true;
    Worker* const sleeper = idle_.back();
    idle_.pop_back();
    return {.sleeper = sleeper, .newborn = {}};
  }
  if (newborn_on_its_way_ || queue_.size() < options_.scale_threshold ||
      workers_.size() >= options_.cap) {
    return {};
  }
  return {.newborn = reserve_worker()};
}

// Reserves a place in workers_ for a new worker, whose thread the caller
// starts.
GoPool::Self GoPool::reserve_worker() {
  assert(!newborn_on_its_way_);
  assert(workers_.size() == living_);
  assert(workers_.size() < options_.cap);
  newborn_on_its_way_ = true;
  starter_ = std::this_thread::get_id();
  return workers_.emplace(workers_.end());
}

// Starts the thread of `newborn`, a reserved place in workers_; if that fails,
// removes the place. `first` holds the tasks that came while no worker lived,
// or nothing. They are pushed under the same lock under which the worker is
// counted as living. Returns true if they were pushed. stop() waits as long as
// the place is in workers_, and the new worker waits for the first pull of its
// `wake`. So the pool and the worker both exist until this thread has pulled.
bool GoPool::start_worker(Self newborn, std::span<Task> first) {
  std::string error;
  std::thread thread = start_thread(newborn, error);
  const bool started = thread.joinable();
  std::string what;
  bool pushed = false;
  {
    const Lock lock(mutex_);
    starter_ = {};
    if (started) {
      newborn->thread = std::move(thread);
      ++living_;
      pushed = !stopped_;
      if (pushed) push(first);
      start_failed_ = false;
    } else {
      // As long as the system can start no thread, each push may fail here.
      // Only the first failure in a row is logged.
      if (!start_failed_) what = options_.name + ": start a worker";
      start_failed_ = true;
      newborn_on_its_way_ = false;
      workers_.erase(newborn);
    }
    workers_changed_.notify_all();
  }
  if (started) newborn->wake.pull();
  if (!what.empty()) log::warn(what, error);
  return pushed;
}

// Starts the thread of `newborn` with the option start_thread. If no thread
// could be started, returns a thread that is not joinable, and the reason in
// `error`.
std::thread GoPool::start_thread(Self newborn, std::string& error) {
  try {
    std::thread thread =
        options_.start_thread([this, newborn] { work(newborn); });
    check(thread.joinable(), "start_thread must return a joinable thread");
    return thread;
  } catch (const std::exception& thrown) {
    error = thrown.what();
  } catch (...) {
    error = kNoException;
  }
  return {};
}

// The functions that stop the pool, and its numbers. [any]

std::size_t GoPool::stop(Stop how) {
  check(!is_own_worker(), "a worker cannot stop or destroy its own pool");
  const std::size_t discarded = refuse_tasks(how);
  join_workers();
  return discarded;
}

// Marks the pool as stopped, wakes all sleeping workers, and returns how many
// tasks it has discarded. Discarded tasks are destroyed here, without the lock,
// before stop() waits for the workers: a running task may wait until what a
// discarded task captured is destroyed.
std::size_t GoPool::refuse_tasks(Stop how) {
  TaskQueue discarded;
  std::vector<Worker*> sleepers;
  {
    const Lock lock(mutex_);
    check(starter_ != std::this_thread::get_id(),
          "start_thread cannot stop or destroy its own pool");
    stopped_ = true;
    if (how == Stop::discard) std::swap(queue_, discarded);
    idle_.swap(sleepers);
    workers_changed_.notify_all();
  }
  for (Worker* sleeper : sleepers)
    sleeper->wake.pull();
  return discarded.size();
}

// Waits until all workers have left workers_, and joins the last of their
// threads.
void GoPool::join_workers() {
  std::thread last;
  {
    Lock lock(mutex_);
    while (!workers_.empty())
      lock.wait(workers_changed_);
    last = std::move(ended_);
  }
  if (last.joinable()) last.join();
}

bool GoPool::is_stopped() const {
  const Lock lock(mutex_);
  return stopped_;
}

GoPool::Stats GoPool::stats() const {
  const Lock lock(mutex_);
  return {workers_.size(), idle_.size(), queue_.size()};
}

}  // namespace netpoll
