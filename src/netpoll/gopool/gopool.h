// SPDX-License-Identifier: Apache-2.0
#pragma once

// Threads that run tasks, as many threads as the tasks need.
//
//    any thread        mutex_                            the workers' threads
//
//    go(task) --push-> [ queue_: first in, first out ] --pop--> run the task
//        |                                                          |
//        | a task waits, and no worker is on its way to it?         | the same
//        v                                                          v question
//    choose_worker():  idle_ not empty -> wake the worker at its top
//                      no idle worker  -> start a thread, unless at the cap
//
//    idle_: a stack of sleeping workers. The top one worked last and has the
//    warmest caches. A worker that lies in it for keep_alive ends its thread.
//
// Inv-1. A queued task has a living worker that looks at the queue after its
//        own last task. A worker decides to sleep or to end its thread under
//        the lock under which it saw the queue empty: were the lock released
//        between the look and the decision, a task pushed there would lie in
//        the queue for ever. And go() pushes only while a started worker lives;
//        if none does, it starts one first, and pushes together with the entry
//        of that worker.
// Inv-2. At most one woken worker is on its way, and at most one new thread. A
//        worker that arrives calls for the next one before it runs its task. So
//        a batch costs its sender one wake, and a task that blocks does not
//        hold up the tasks behind it.
// Inv-3. Never more than `cap` workers, not even for a moment; one if cap is 0.
//        The place of a new worker is reserved before its thread is started.
//
// Code of the user (start_thread, on_panic, before_sleep, tasks, and destroying
// tasks) runs without the lock. Owns its threads; stop() joins them.
// Upstream: gopkg v0.1.1, util/gopool/pool.go:115 (CtxGo), worker.go:40 (run).
// Unlike upstream: idle workers are kept, because a thread costs as much as a
// hundred goroutines; the cap is strict; there is a stop(); there is no ctx, as
// a task can capture one.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/trigger.h"
#include "netpoll/gopool/options.h"
#include "netpoll/gopool/task.h"
#include "netpoll/gopool/task_queue.h"

namespace netpoll {

/// What becomes of the tasks in the queue when the pool stops.
enum class Stop {
  drain,    // the queued tasks run
  discard,  // the queued tasks are destroyed without running
};

class GoPool {
 public:
  struct Stats {
    std::size_t workers = 0;  // threads, including sleeping and starting ones
    std::size_t idle = 0;     // threads that sleep until a task comes
    std::size_t queued = 0;   // tasks that no worker has taken yet
  };

  explicit GoPool(GoPoolOptions options = {});
  GoPool(const GoPool&) = delete;
  GoPool& operator=(const GoPool&) = delete;
  /// Does stop(Stop::drain): waits until all queued tasks have run. Requires:
  /// the caller is no worker of this pool and not inside its start_thread.
  ~GoPool();

  /// Lets a worker run `task`, never the caller's thread. Does not wait for a
  /// free worker, but may wait while another thread starts the first worker.
  /// Returns false if the pool is stopped, or if no worker lives and none can
  /// be started; then the caller still has the task. Guarantees: after true,
  /// the task runs, unless stop() discards it. Requires: `task` is not empty.
  /// [any]
  [[nodiscard]] bool go(Task&& task) { return go(std::span(&task, 1)); }

  /// Lets workers run all of `tasks`; the workers take the first task first.
  /// All tasks together cost what one costs (a lock, and at most one wake), so
  /// this is for the tasks that one epoll_wait brought. Returns true if the
  /// pool has taken all tasks; each is empty then. Returns false, as go(Task&&)
  /// does, if it has taken none; then the caller still has them all. Requires:
  /// none of `tasks` is empty. [any]
  [[nodiscard]] bool go(std::span<Task> tasks);

  /// Refuses new tasks from now on and waits until all workers have ended their
  /// threads. Returns how many tasks this call has discarded. A second call
  /// waits too; with Stop::discard it discards what is still queued. Requires:
  /// the caller is no worker of this pool and not inside its start_thread. A
  /// call from there would wait for itself: it ends the process with one line
  /// on standard error. [any]
  std::size_t stop(Stop how);
  /// Whether the calling thread is one of this pool's workers. [any]
  bool is_own_worker() const;
  /// Whether stop() has been called. [any]
  bool is_stopped() const;

  /// The numbers of threads and tasks at one moment during the call. Other
  /// threads may have changed them when it returns. [any]
  Stats stats() const;
  std::size_t worker_count() const { return stats().workers; }  ///< [any]
  std::size_t idle_count() const { return stats().idle; }       ///< [any]
  std::size_t queued() const { return stats().queued; }         ///< [any]

  const std::string& name() const { return options_.name; }  ///< [any]

 private:
  struct Worker {
    // The worker's thread. Stored by start_worker() before it pulls `wake` for
    // the first time, so it is set when the worker begins.
    std::thread thread;
    // The worker sleeps on this trigger. Another thread pulls it once when the
    // worker may begin, and each time it has taken the worker off idle_, the
    // stack of sleeping workers.
    Trigger wake;
  };
  // A worker's own place in workers_, by which it removes itself from there.
  using Self = std::list<Worker>::iterator;

  // The worker that must be woken or started for a queued task. At most one of
  // the two members is set; none if no other worker is needed.
  struct Chosen {
    // The sleeping worker that must be woken.
    Worker* sleeper = nullptr;
    // The place in workers_ that is reserved for a new worker, whose thread
    // must be started.
    std::optional<Self> newborn;
  };
  // What a worker does next: run the task it took, sleep, or end its thread.
  enum class Next { run, sleep, end };
  // What a worker has done just before it calls next(): started its thread,
  // been woken, or run a task.
  enum class Came { started, woken, back };

  // The functions from here to join_workers() run on any thread. [any]
  void push(std::span<Task> tasks) NETPOLL_REQUIRES(mutex_);
  Chosen choose_worker() NETPOLL_REQUIRES(mutex_);
  Self reserve_worker() NETPOLL_REQUIRES(mutex_);
  bool start_worker(Self newborn, std::span<Task> first)
      NETPOLL_EXCLUDES(mutex_);
  std::thread start_thread(Self newborn, std::string& error)
      NETPOLL_EXCLUDES(mutex_);
  std::size_t refuse_tasks(Stop how) NETPOLL_EXCLUDES(mutex_);
  void join_workers() NETPOLL_EXCLUDES(mutex_);

  // The functions from here to remove_worker() run on a worker's thread.
  // [worker]
  void work(Self self) NETPOLL_EXCLUDES(mutex_);
  Next next(Self self, Came came, Task& task) NETPOLL_EXCLUDES(mutex_);
  void run(Task& task) noexcept;
  bool sleep(Self self) NETPOLL_EXCLUDES(mutex_);
  void run_before_sleep() noexcept;
  bool end_if_idle(Self self) NETPOLL_EXCLUDES(mutex_);
  std::thread remove_worker(Self self) NETPOLL_REQUIRES(mutex_);

  // Constant after construction.
  GoPoolOptions options_;

  mutable Mutex mutex_;
  TaskQueue queue_ NETPOLL_GUARDED_BY(mutex_);
  // All workers that have not ended, and at most one place that is reserved for
  // a worker whose thread is being started.
  std::list<Worker> workers_ NETPOLL_GUARDED_BY(mutex_);
  // The number of elements of workers_ whose threads have been started.
  std::size_t living_ NETPOLL_GUARDED_BY(mutex_) = 0;
  // The sleeping workers, the one that worked last at the back.
  std::vector<Worker*> idle_ NETPOLL_GUARDED_BY(mutex_);
  // The thread of the worker that ended last; not joined yet.
  std::thread ended_ NETPOLL_GUARDED_BY(mutex_);
  // A worker has been taken off idle_ to be woken, and has not yet called
  // next().
  bool sleeper_on_its_way_ NETPOLL_GUARDED_BY(mutex_) = false;
  // A place for a new worker is reserved, and the worker's thread has not yet
  // called next().
  bool newborn_on_its_way_ NETPOLL_GUARDED_BY(mutex_) = false;
  // The thread that is starting a new worker now; the empty id if there is
  // none.
  std::thread::id starter_ NETPOLL_GUARDED_BY(mutex_);
  // The last start of a thread failed, so the next failure is not logged.
  bool start_failed_ NETPOLL_GUARDED_BY(mutex_) = false;
  bool stopped_ NETPOLL_GUARDED_BY(mutex_) = false;  // stop() was called
  // Notified when the start of a worker has succeeded or failed, when the pool
  // is stopped, and when workers_ becomes empty.
  std::condition_variable workers_changed_;
};

}  // namespace netpoll
