// SPDX-License-Identifier: Apache-2.0
#pragma once

// Threads that run tasks, as many as the tasks need.
//
//    any thread        mutex_                            the workers' threads
//
//    go(task) --push-> [ queue_: first in, first out ] --pop--> run the task
//        |                                                          |
//        | a task waits, and nobody is on the way to it?            | the same
//        v                                                          v question
//    call_for_help():  idle_ not empty -> wake its top     (help_comes_ = true)
//                      no idle worker  -> start a thread   (unless at the cap)
//
//    idle_: a stack; its top, who worked last, has the warmest caches, and who
//    lies at the bottom for keep_alive goes home. Each sleeps on a Trigger.
//
// Inv-1. A queued task has a living worker that will look at the queue after
//        its last task: a worker goes to sleep, or home, under the lock under
//        which it saw the queue empty. Decided outside, a task pushed between
//        the look and the decision would lie there for ever.
// Inv-2. At most one worker is on its way; it calls for the next one itself,
//        before it runs its task. So a batch costs its sender one wake, and a
//        handler that blocks never holds up the tasks behind it.
// Inv-3. Never more than `cap` workers, not even for a moment; one if cap is 0.
//
// Owns its threads, all joined by stop(). Upstream: gopkg v0.1.1,
// util/gopool/pool.go:115 (CtxGo), worker.go:40 (run).
// Unlike upstream: idle workers are kept, for a thread costs a hundred
// goroutines; the cap is strict; there is a stop(); no ctx: capture it.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/trigger.h"
#include "netpoll/gopool/task.h"

namespace netpoll {

/// What becomes of the tasks that still wait when the pool stops.
enum class Stop {
  drain,    // they run
  discard,  // they are destroyed, and counted
};

struct GoPoolOptions {
  /// Shown by log lines and, its first 15 bytes, by the threads' names.
  std::string name = "gopool";
  /// No more workers than this; but the first one is started even with 0.
  std::size_t cap = 10'000;
  /// So many tasks must wait before one more worker is started for them.
  std::size_t scale_threshold = 1;
  /// How long a worker sleeps before it goes home.
  std::chrono::nanoseconds keep_alive = std::chrono::seconds(10);
  /// So many sleepers stay however long it takes. None is started early.
  std::size_t min_idle = 1;
  /// Gets what a task threw, on the worker's thread, so on several at once.
  /// Must not throw. Unset: one line to the log. Unlike upstream before v0.7.2,
  /// whose pool for handlers has none (internal/runner/runner.go:30).
  std::function<void(std::exception_ptr)> on_panic = nullptr;
  /// Starts a thread or throws std::system_error. Runs under the pool's lock,
  /// so it must not call the pool. Unset: std::thread's constructor.
  std::function<std::thread(Task body)> start_thread = nullptr;
};

class GoPool {
 public:
  struct Stats {
    std::size_t workers = 0;  // threads, sleeping ones included
    std::size_t idle = 0;     // those that sleep
    std::size_t queued = 0;   // tasks that nobody has taken yet
  };

  explicit GoPool(GoPoolOptions options = {});
  GoPool(const GoPool&) = delete;
  GoPool& operator=(const GoPool&) = delete;
  /// As stop(Stop::drain). Requires: not on one of its own workers.
  ~GoPool();

  /// Has `task` run on a worker, and never on the caller. Never waits for a
  /// worker. Guarantees: true, then it runs, unless stop() discards it; false
  /// (stopped, or not even one thread can be had), then the caller still has
  /// it. Requires: not empty. [any]
  [[nodiscard]] bool go(Task&& task) { return go(std::span(&task, 1)); }

  /// The same for all of `tasks`, in their order, with one lock and at most
  /// one wake: what one epoll_wait brought, handed over at once. All or none
  /// is taken; what was taken is left empty. [any]
  [[nodiscard]] bool go(std::span<Task> tasks);

  /// Takes no more tasks and waits until all workers have gone home. Returns
  /// how many tasks were discarded. Again: waits, and returns 0.
  /// Requires: not on one of its own workers. [any]
  std::size_t stop(Stop how);
  /// The calling thread is one of this pool's workers. [any]
  bool on_own_thread() const;
  /// stop() has been called. [any]
  bool is_stopped() const;

  /// One consistent look, already out of date. [any]
  Stats stats() const;
  std::size_t worker_count() const { return stats().workers; }  ///< [any]
  std::size_t idle_count() const { return stats().idle; }       ///< [any]
  std::size_t queued() const { return stats().queued; }         ///< [any]

  const std::string& name() const { return options_.name; }  ///< [any]

 private:
  struct Worker {
    std::thread thread;  // set under mutex_, before the thread passes its lock
    Trigger wake;        // pulled once for each time it is taken off idle_
  };
  using Self = std::list<Worker>::iterator;  // a worker, to itself

  // What is left to do once the lock is let go.
  struct Help {
    Worker* sleeper = nullptr;  // to be woken
    std::error_code error;      // to be logged: a thread could not be started
  };
  enum class Next { work, sleep, leave };

  // [any]
  bool enqueue(std::span<Task> tasks, Help& help) NETPOLL_EXCLUDES(mutex_);
  void call_for_help(Help& help) NETPOLL_REQUIRES(mutex_);
  bool start_worker(Help& help) noexcept NETPOLL_REQUIRES(mutex_);
  void give(const Help& help) NETPOLL_EXCLUDES(mutex_);
  std::deque<Task> begin_stop(Stop how) NETPOLL_EXCLUDES(mutex_);
  std::thread last_to_leave() NETPOLL_EXCLUDES(mutex_);

  // [worker]
  void work(Self self) NETPOLL_EXCLUDES(mutex_);
  Next next(Self self, Task& task) NETPOLL_EXCLUDES(mutex_);
  void run(Task& task) noexcept;
  bool sleep(Self self) NETPOLL_EXCLUDES(mutex_);
  bool leave_if_idle(Self self) NETPOLL_EXCLUDES(mutex_);
  std::thread leave(Self self) NETPOLL_REQUIRES(mutex_);
  void arrive() NETPOLL_EXCLUDES(mutex_);

  // Constant after construction.
  GoPoolOptions options_;

  // Guarded by mutex_.
  mutable Mutex mutex_;
  std::deque<Task> queue_ NETPOLL_GUARDED_BY(mutex_);
  std::list<Worker> workers_ NETPOLL_GUARDED_BY(mutex_);  // who has not left
  std::vector<Worker*> idle_
      NETPOLL_GUARDED_BY(mutex_);                // who sleeps; top at the back
  std::thread gone_ NETPOLL_GUARDED_BY(mutex_);  // who left last, not joined
  std::condition_variable all_left_;             // workers_ is empty
  bool help_comes_ NETPOLL_GUARDED_BY(mutex_) =
      false;  // called, has not arrived
  bool start_failed_ NETPOLL_GUARDED_BY(mutex_) = false;  // at the last attempt
  bool stopped_ NETPOLL_GUARDED_BY(mutex_) = false;
};

}  // namespace netpoll
