// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread, one epoll: finds out what is ready and tells its FdOperator.
//
//    any thread                     poller thread: run()
//
//    add(op) ----epoll_ctl----+     +-> wait ---------- sleeps here
//    watch_output(op) --------+     |   dispatch        op.on_readable() …
//    set_timer(op) -----------+     |   fire timers     op.on_timer()
//    detach(op) --------------+     |   hand over       the turn's tasks, at
//       |                           |                   once, to the Runner
//       +--> retired_ ------------- +-- drop retired_   last use of an op
//
// A turn is one batch of events. The tasks that the operators defer() during a
// turn go to the runner in one go; when that hands them to other threads, the
// poller yields and looks once more without sleeping, for their answers have
// usually brought the next requests by then (upstream's msec = 0,
// poll_default_linux.go:91).
//
// Owns the epoll and the doorbell; borrows the runner; shares what it watches.
// Unlike upstream: an epoll_wait that fails ends the process with a line that
// says so; there the poller ends in silence, and its connections are deaf
// (poll_default_linux.go:102).
// Upstream: defaultPoll, poll_default_linux.go:30.

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/os/epoll.h"
#include "netpoll/poller/fd_operator.h"
#include "netpoll/poller/runner.h"
#include "netpoll/poller/tick.h"
#include "netpoll/poller/timers.h"
#include "netpoll/poller/waker.h"

namespace netpoll {

class Poller {
 public:
  /// Opens the descriptors; the thread is the caller's affair: let it call
  /// run(). `runner` must outlive the poller. `chore` is run there once a
  /// second while anything happens (see Tick). [init]
  static Result<std::unique_ptr<Poller>> open(
      Runner& runner, std::function<void()> chore = nullptr);

  /// Watches `op` for input from now on, and holds it. Fails as epoll_ctl(2)
  /// does, or with Errc::conn_closed when it was detached before. [any]
  std::error_code add(FdOperator& op);
  /// Also watches `op` for room to write, or stops doing so. Does nothing once
  /// it is detached. Fails as epoll_ctl(2) does. [any]
  std::error_code watch_output(FdOperator& op, bool on);
  /// The same for input, which is watched for from add() on. [any]
  std::error_code watch_input(FdOperator& op, bool on);
  /// Has on_timer() called at `at`, in place of an earlier moment; kNever
  /// takes it away. Does nothing unless `op` is watched. [any]
  void set_timer(FdOperator& op, Deadline at);
  /// Watches `op` no more. When it returns, the poller is not inside `op` and
  /// will not enter it again; unless the caller is the poller itself, inside
  /// `op`, which stays there until its function returns. A second call does
  /// nothing. [any]
  void detach(FdOperator& op);
  /// As detach(), but never waits. False when the poller is inside `op`: it
  /// then calls on_detached() as it leaves. [any]
  [[nodiscard]] bool detach_soon(FdOperator& op);
  /// `op` was added and is not detached. A guess, unless the caller can detach
  /// it. [any]
  [[nodiscard]] bool watches(FdOperator& op);

  /// Gives `task` to the runner at the end of this turn. [poller]
  void defer(Task task) { batch_.push_back(std::move(task)); }
  /// Gives `task` to the runner now or, when that runs nothing outside a turn,
  /// at the end of the next one. [any]
  void go(Task task);
  /// Whether the caller may wait for what this poller brings. The poller itself
  /// may not: it would wait for itself. [any]
  bool may_wait() const { return !on_poller_thread(); }
  /// The calling thread is in run() of this poller. [any]
  bool on_poller_thread() const;

  /// Turns until stop(). One thread, once. [poller]
  void run();
  /// Makes run() return after its present turn and what that has deferred or
  /// posted. [any]
  void stop();

 private:
  Poller(os::Epoll epoll, UniqueFd event, Runner& runner,
         std::function<void()> chore);

  void forget(FdOperator& op);
  void leave(FdOperator& op);
  std::error_code set_interest(FdOperator& op, os::Interest which, bool on);
  int sleep_ms() const;
  void turn(int timeout_ms);
  void dispatch(const epoll_event& event);
  void fire_timers();
  void fire_timers_until(Deadline now);
  void take_posted();
  bool hand_over();
  void drop_retired();

  // For any thread, each by its own rules.
  os::Epoll epoll_;
  Waker waker_;
  Runner& runner_;
  std::atomic<bool> stopping_{false};      // written by stop(), read by run()
  std::atomic<std::thread::id> thread_{};  // who is in run(), if anyone

  // Poller thread only.
  std::vector<epoll_event> events_;
  std::vector<Task> batch_;    // of this turn
  std::vector<Task> running_;  // what of it the runner has before it
  Tick tick_;
  bool busy_ = false;  // the last turn handed work over: look before sleeping

  Timers timers_;  // for any thread

  Mutex posted_mutex_;
  std::vector<Task> posted_ NETPOLL_GUARDED_BY(posted_mutex_);  // by go()

  // Detached, but perhaps still in the present batch.
  Mutex retired_mutex_;
  std::vector<Ref<FdOperator>> retired_ NETPOLL_GUARDED_BY(retired_mutex_);
};

}  // namespace netpoll
