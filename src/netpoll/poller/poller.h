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
//       |                           |   hand over       tasks to the Runner
//       +--> retired_ --------------+-- drop retired    last use of an op
//
// One pass through this loop is a turn. Tasks are handed over in batches, or
// after each event, as the runner says. When it gives them to other threads,
// the poller yields and begins the next turn without sleeping, because the
// answers have usually brought the next requests by then (upstream sets msec to
// 0 for that: poll_default_linux.go:109 (defaultPoll.Wait)). With an own_time
// the poller runs tasks itself, each after its event: lead.h. An operator whose
// tasks took longer leaves them to the runner for a while: trust.h.
//
// Owns the epoll and the Waker; borrows the runner; shares each FdOperator.
// Upstream: defaultPoll, poll_default_linux.go:60.

#include <atomic>
#include <chrono>
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
#include "netpoll/poller/lead_home.h"
#include "netpoll/poller/poller_pauses.h"
#include "netpoll/poller/runner.h"
#include "netpoll/poller/tick.h"
#include "netpoll/poller/timers.h"
#include "netpoll/poller/waker.h"

namespace netpoll {

class Poller {
 public:
  /// Makes a poller with its epoll and eventfd. Starts no thread: a thread of
  /// the caller calls run(). `runner` must outlive the poller. run() calls
  /// `chore`, if there is one, once a second while events come (see Tick). With
  /// an `own_time` it runs tasks itself, but not those of operators whose tasks
  /// took longer; while a task waits or takes very long, relieve() makes the
  /// turns. Fails as epoll_create1(2) and eventfd(2) do. [init]
  [[nodiscard]] static Result<std::unique_ptr<Poller>> open(
      Runner& runner, std::function<void()> chore = nullptr,
      const PollerPauses& pauses = {}, std::chrono::microseconds own_time = {});
  /// Destroys the tasks that have not run. Requires: run() has returned or was
  /// never called. When the thread inside run() calls this, ends the process
  /// with a line that says so. [any]
  ~Poller();

  /// Keeps a Ref to `op` and watches `op` for input, until detach(op).
  /// Fails as epoll_ctl(2) does, or with Errc::conn_closed when `op` has been
  /// detached already. Requires: `op` was never added before. [any]
  [[nodiscard]] std::error_code add(FdOperator& op);
  /// Sets whether the poller calls op.on_writable() when the kernel can take
  /// output; after add() it does not. An event that came before `on` was set to
  /// false may still call it once. Does nothing before add(op) and after
  /// detach(op). Fails as epoll_ctl(2) does. [any]
  [[nodiscard]] std::error_code watch_output(FdOperator& op, bool on);
  /// As watch_output(), but for input and on_readable(), for which the poller
  /// does watch after add(). [any]
  [[nodiscard]] std::error_code watch_input(FdOperator& op, bool on);
  /// Has the poller call op.on_timer() once, at the moment `at`. Replaces the
  /// moment set before, if any; kNever only removes that moment. If the moment
  /// set before comes during this call, on_timer() may still be called for it.
  /// Does nothing before add(op) and after detach(op). [any]
  void set_timer(FdOperator& op, Deadline at);
  /// Stops watching `op` for ever. After detach() has returned, the poller does
  /// not call `op` again, and is not inside an on_… function of `op`. One
  /// exception: when an on_… function of `op` calls detach(), that function
  /// goes on to its end. On a thread other than the poller's, detach() waits
  /// until the poller has left `op`. A second call changes nothing. [any]
  void detach(FdOperator& op);
  /// Stops watching `op` for ever, and never waits. Returns true when that is
  /// done; false when another thread calls this while the poller is in an on_…
  /// function of `op`: the poller then calls op.on_detached() after it. [any]
  [[nodiscard]] bool detach_soon(FdOperator& op);
  /// `op` was added and is not detached; this may change at any time. [any]
  [[nodiscard]] bool watches(FdOperator& op);

  /// Keeps `task` for the runner, until the end of the turn at most. What it
  /// defers is handed over after it. Requires: the calling thread is this
  /// poller's; `task` does not throw. [poller]
  void defer(Task task);
  /// Gives `task` to the runner now. When Runner::go() refuses the task, this
  /// poller gives it to Runner::run() at the end of its present or next turn.
  /// Requires: `task` does not throw. [any]
  void go(Task task);

  /// Whether the calling thread runs this poller's turns. It does not while it
  /// runs a task in its own_time. [any]
  bool on_poller_thread() const;
  bool is_home() const;  ///< The calling thread is inside run(). [any]
  static bool on_any_poller_thread();  ///< It runs any poller's turns. [any]
  /// How many bytes an on_… function may move now: 1 MiB, shared by the
  /// operators that are ready in this turn, but 64 KiB at least. [poller]
  std::size_t turn_bytes() const { return share_; }
  /// An on_… function has read n bytes for the task that it defers. [poller]
  void count_read(std::size_t n) { read_ = n; }
  /// Whether the calling thread may wait for a connection's input or output: it
  /// is no poller's thread. A poller would wait for itself, or for another
  /// poller that in turn waits for it. [any]
  static bool may_wait();
  /// To be called before such a wait: has the relief take the lead, if the
  /// caller is in a task of own_time. False: it must not wait. [any]
  [[nodiscard]] static bool make_way();
  /// Whether the calling task runs on this poller's thread because the runner
  /// has refused it too often. A task that needs a worker must then defer()
  /// itself and return: the poller asks the runner again after a pause. [any]
  bool stands_in_for_worker() const;

  /// Waits for events and handles them, turn by turn, until stop(). One thread
  /// calls it, once. Requires: that thread is in run() of no poller. [poller]
  void run();
  /// The relief of the thread inside run(), on another thread, until stop(). A
  /// poller with an own_time needs one. [one thread, once]
  void relieve();
  /// Makes run() end its present turn, fire each timer that is set, run the
  /// tasks that are deferred or posted, and return. Does not wait. [any]
  void stop();
  /// Whether stop() was called. Then run() fires the timers that are set, due
  /// or not, and returns: a timer that is set later may never fire. [any]
  bool is_stopping() const;
  std::uint64_t turns() const;  ///< How many there were; for statistics. [any]

 private:
  Poller(os::Epoll epoll, UniqueFd event, Runner& runner,
         std::function<void()> chore, const PollerPauses& pauses);

  [[nodiscard]] std::error_code set_interest(FdOperator& op, os::Interest which,
                                             bool on);
  void stop_watching(FdOperator& op);
  void leave(FdOperator& op);

  bool lead();  // the turns, and their parts below: [poller]
  int timeout_ms(Deadline next) const;
  bool turn();
  bool run_own_tasks(FdOperator& op, std::size_t first);
  bool run_own(Task task);
  bool dispatch_all(std::span<const epoll_event> ready);
  bool is_batch_full(std::size_t waiting) const;
  void dispatch(const epoll_event& event);
  void fire_timers(Deadline next);
  void call_timers(std::span<FdOperator* const> due);
  void take_posted();
  bool hand_over();
  void keep_refused();
  void drop_retired();
  void fire_last_timers();
  void run_last_tasks();

  // From epoll_ to home_: for any thread, by the rules of each member's class.
  os::Epoll epoll_;
  Waker waker_;
  Runner& runner_;
  const bool wants_each_event_;  // Runner::wants_each_event()
  Timers timers_;
  std::atomic<bool> stopping_{false};    // written by stop(), read by run()
  std::atomic<std::uint64_t> turns_{0};  // written by run() only
  Lead lead_;
  LeadHome home_;

  // The members from events_ to look_again_: for the thread that leads only.
  std::vector<epoll_event> events_;       // epoll_wait writes its events here
  std::vector<Task> batch_;               // the tasks for the next hand_over()
  std::vector<Task> running_;             // the tasks that the runner has now
  std::vector<Ref<FdOperator>> retired_;  // to detached operators, to drop
  Tick tick_;                             // when to run the chore
  Backoff refused_;  // when to give refused tasks to the runner again
  std::chrono::microseconds own_time_{0};  // constant; 0: runs no task itself
  Deadline own_begun_ = kNever;  // its first task of this turn, or kNever
  std::size_t share_ = 1 << 20;  // what turn_bytes() returns
  std::size_t read_ = 0;         // what the present event told count_read()
  bool runs_own_ = false;        // it may still run tasks itself in this turn
  bool standing_in_ = false;     // this thread runs tasks in place of a worker
  bool has_posted_ = true;       // the turn must call take_posted()
  bool look_again_ = false;      // the next turn must not sleep in epoll_wait

  // Guards what other threads bring; they ring the Waker afterwards.
  Mutex posted_mutex_;
  std::deque<Task> posted_tasks_ NETPOLL_GUARDED_BY(posted_mutex_);
  std::vector<Ref<FdOperator>> posted_retired_
      NETPOLL_GUARDED_BY(posted_mutex_);
};

}  // namespace netpoll
