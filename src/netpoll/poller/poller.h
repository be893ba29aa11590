// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread with one epoll: it finds out which descriptors are ready and calls
// their FdOperators.
//
//    any thread                     poller thread: run()
//
//    add(op) ----epoll_ctl----+     +-> wait            the thread sleeps here
//    watch_output(op) --------+     |   dispatch        op.on_readable() …
//    set_timer(op) -----------+     |   fire timers     op.on_timer()
//    detach(op) --------------+     |   take posted     what go() has posted
//       |                           |   hand over       the turn's tasks, all
//       |                           |                   at once, to the Runner
//       +--> retired_ --------------+-- drop retired    last use of an op
//
// One pass through this loop is a turn. A turn reads all that one epoll_wait
// returned before any of its tasks starts: so one large batch delays its first
// task, and costs one hand-over. When the runner gives the tasks to other
// threads, the poller yields and begins the next turn without sleeping, because
// the answers have usually brought the next requests by then (upstream
// sets msec to 0 for that: poll_default_linux.go:109 (defaultPoll.Wait)).
//
// When the runner refuses the tasks (no worker thread can be started), the
// poller keeps them and asks again after 10 ms, 20 ms, … 1 s. Meanwhile events
// are still dispatched. The kept tasks are bounded as long as each operator
// defers a bounded number before one of them has run; a Connection defers two
// at most. From the first pause of 1 s on the poller runs the refused tasks
// itself (see stands_in_for_worker()).
//
// Owns the epoll and the Waker; borrows the runner; shares each FdOperator.
// Unlike upstream: an epoll_wait that fails ends the process with a line that
// names the reason. Upstream's poller thread ends without a word, and no event
// of its connections is seen again: poll_default_linux.go:102
// (defaultPoll.Wait).
// Upstream: defaultPoll, poll_default_linux.go:60.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/os/epoll.h"
#include "netpoll/poller/backoff.h"
#include "netpoll/poller/fd_operator.h"
#include "netpoll/poller/runner.h"
#include "netpoll/poller/tick.h"
#include "netpoll/poller/timers.h"
#include "netpoll/poller/waker.h"

namespace netpoll {

/// Lengths of time inside a poller. The defaults suit every program; tests make
/// them short.
struct PollerPauses {
  /// The first pause after the runner has refused, and the longest one.
  std::chrono::milliseconds refused_min{10};
  std::chrono::milliseconds refused_max{1000};
  std::chrono::milliseconds tick{1000};  ///< from one chore to the next
};

class Poller {
 public:
  /// Opens the descriptors. Starts no thread: the caller's thread calls run().
  /// `runner` must outlive the poller. run() calls `chore` once a second while
  /// events come (see Tick). Fails as epoll_create1(2) and eventfd(2) do.
  /// [init]
  [[nodiscard]] static Result<std::unique_ptr<Poller>> open(
      Runner& runner, std::function<void()> chore = nullptr,
      const PollerPauses& pauses = {});
  /// Destroys the tasks that have not run. Requires: run() has returned or was
  /// never called. Ends the process with a line when it is called inside run().
  /// [any]
  ~Poller();

  /// Holds `op` and watches it for input from now on. Fails as epoll_ctl(2)
  /// does, or with Errc::conn_closed when `op` has been detached. Requires:
  /// `op` was never added before. [any]
  [[nodiscard]] std::error_code add(FdOperator& op);
  /// Begins to watch `op` for room for output, or stops. An event that epoll
  /// has reported before the stop may still call on_writable() once. Does
  /// nothing when `op` is not added or detached. Fails as epoll_ctl(2) does.
  /// [any]
  [[nodiscard]] std::error_code watch_output(FdOperator& op, bool on);
  /// Begins to watch `op` for input, or stops; add() has begun it. An event
  /// that epoll has reported before the stop may still call on_readable() once.
  /// Does nothing when `op` is not added or detached. Fails as epoll_ctl(2)
  /// does. [any]
  [[nodiscard]] std::error_code watch_input(FdOperator& op, bool on);
  /// The poller calls op.on_timer() once, at `at`. Replaces an earlier moment;
  /// kNever removes it. A moment that comes while another call changes it may
  /// still call on_timer(). Does nothing when `op` is not added or detached.
  /// [any]
  void set_timer(FdOperator& op, Deadline at);
  /// Stops watching `op` for ever. After detach() has returned, the poller does
  /// not call `op` again, and is not inside a function of `op`. One exception:
  /// when a function of `op` itself calls detach(), that function goes on to
  /// its end. On another thread detach() waits until the poller has left `op`.
  /// A second call does nothing. [any]
  void detach(FdOperator& op);
  /// As detach(), but never waits. Returns false when the poller is inside a
  /// function of `op`: the poller calls op.on_detached() as it leaves. [any]
  [[nodiscard]] bool detach_soon(FdOperator& op);
  /// Whether `op` is added and not detached. Another thread may detach it at
  /// the same time. [any]
  [[nodiscard]] bool watches(FdOperator& op);

  /// Gives `task` to the runner at the end of this turn. A task that is running
  /// inside the poller may call this: its task goes to the runner in the next
  /// turn. Requires: this poller's thread; a task that does not throw. [poller]
  void defer(Task task);
  /// Gives `task` to the runner now. When the runner takes it only from a
  /// poller, the poller brings it at the end of its next turn. Requires: a task
  /// that does not throw. [any]
  void go(Task task);

  /// The calling thread is inside run() of this poller. [any]
  bool on_poller_thread() const;
  /// The calling thread is inside run() of this poller or of any other. [any]
  static bool on_any_poller_thread();
  /// The calling thread may wait for a connection. A poller's thread may not:
  /// it would wait for itself, or for another poller that waits for it. [any]
  static bool may_wait();
  /// The runner has refused the calling task for so long that the poller runs
  /// it in place of a worker. A task that cannot do without a worker defer()s
  /// itself and returns: the poller asks the runner again after a pause. [any]
  bool stands_in_for_worker() const;

  /// Runs turns until stop(), then returns. One thread calls it, once.
  /// Requires: the thread is not inside run() of any poller. [poller]
  void run();
  /// Makes run() return after the present turn and after the tasks that the
  /// turn has deferred or that other threads have posted. Does not wait. [any]
  void stop();
  /// stop() was called: no timer that is not due yet will ever be. [any]
  bool is_stopping() const;

  /// How many turns run() has begun. For statistics, and for tests. [any]
  std::uint64_t turns() const;

 private:
  Poller(os::Epoll epoll, UniqueFd event, Runner& runner,
         std::function<void()> chore, const PollerPauses& pauses);

  [[nodiscard]] std::error_code set_interest(FdOperator& op, os::Interest which,
                                             bool on);
  void stop_watching(FdOperator& op);
  void leave(FdOperator& op);

  // [poller] The parts of run().
  int timeout_ms(Deadline next) const;
  void turn();
  void dispatch(const epoll_event& event);
  void fire_timers(Deadline next);
  void call_timers(std::span<FdOperator* const> due);
  void take_posted();
  bool hand_over();
  void keep_refused();
  void drop_retired();
  void fire_last_timers();
  void run_last_tasks();

  // For any thread, each by its own rules.
  os::Epoll epoll_;
  Waker waker_;
  Runner& runner_;
  Timers timers_;
  std::atomic<bool> stopping_{false};    // written by stop(), read by run()
  std::atomic<std::uint64_t> turns_{0};  // written by run() only

  // Poller thread only.
  std::vector<epoll_event> events_;       // what epoll_wait fills
  std::vector<Task> batch_;               // the tasks for the next hand_over()
  std::vector<Task> running_;             // the tasks that the runner is given
  std::vector<Ref<FdOperator>> retired_;  // detached, to be dropped
  Tick tick_;
  Backoff refused_;           // when to ask the runner again
  bool standing_in_ = false;  // stands_in_for_worker()
  bool has_posted_ = true;    // posted_… may hold something: look there
  bool look_again_ = false;   // the next turn must not sleep

  // What other threads leave for the poller; then they ring the Waker.
  Mutex posted_mutex_;
  std::deque<Task> posted_tasks_ NETPOLL_GUARDED_BY(posted_mutex_);
  std::vector<Ref<FdOperator>> posted_retired_
      NETPOLL_GUARDED_BY(posted_mutex_);
};

}  // namespace netpoll
