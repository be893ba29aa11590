// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread, one epoll: finds out what is ready and tells its FdOperator.
//
//    any thread                     poller thread: run()
//
//    add(op) ----epoll_ctl----+     +-> wait ---------- sleeps here
//    watch_output(op) --------+     |   dispatch        op.on_readable() …
//    detach(op) --------------+     |   hand over       the turn's tasks, at
//       |                           |                   once, to the workers
//       +--> retired_ ------------- +-- drop retired_   last use of an op
//
// A turn is one batch of events. The tasks that the operators defer() during a
// turn go to the pool in one go; then the poller yields and looks once more
// without sleeping, for the workers' answers have usually brought the next
// requests by then (upstream's msec = 0, poll_default_linux.go:91).
//
// Owns the epoll and the doorbell; borrows the pool; shares what it watches.
// Upstream: defaultPoll, poll_default_linux.go:30.

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "gopool/gopool.h"
#include "os/epoll.h"
#include "poller/fd_operator.h"
#include "poller/waker.h"

namespace netpoll {

class Poller {
 public:
  /// Opens the descriptors; the thread is the caller's affair: let it call
  /// run(). `workers` must outlive the poller. [init]
  static Result<std::unique_ptr<Poller>> open(GoPool& workers);

  /// Watches `op` for input from now on, and holds it. Fails as epoll_ctl(2)
  /// does, or with Errc::conn_closed when it was detached before. [any]
  std::error_code add(FdOperator& op);
  /// Also watches `op` for room to write, or stops doing so. Does nothing once
  /// it is detached. Fails as epoll_ctl(2) does. [any]
  std::error_code watch_output(FdOperator& op, bool on);
  /// The same for input, which is watched for from add() on. [any]
  std::error_code watch_input(FdOperator& op, bool on);
  /// Watches `op` no more. When it returns, the poller is not inside `op` and
  /// will not enter it again; unless the caller is the poller itself, inside
  /// `op`, which stays there until its function returns. A second call does
  /// nothing. [any]
  void detach(FdOperator& op);

  /// Runs `task` on a worker at the end of this turn; right here, when the pool
  /// has stopped. [poller]
  void defer(Task task) { batch_.push_back(std::move(task)); }

  /// Turns until stop(). One thread, once. [poller]
  void run();
  /// Makes run() return after its present turn. [any]
  void stop();

 private:
  Poller(os::Epoll epoll, UniqueFd event, GoPool& workers);

  bool on_poller_thread() const;
  std::error_code set_interest(FdOperator& op, os::Interest which, bool on);
  void turn(int timeout_ms);
  void dispatch(const epoll_event& event);
  bool hand_over();
  void drop_retired();

  os::Epoll epoll_;
  Waker waker_;
  GoPool& workers_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::thread::id> thread_{};  // who is in run(), if anyone

  // Poller thread only.
  std::vector<epoll_event> events_;
  std::vector<Task> batch_;
  bool busy_ = false;  // the last turn handed work over: look before sleeping

  // Detached, but perhaps still in the present batch.
  Mutex retired_mutex_;
  std::vector<Ref<FdOperator>> retired_ GUARDED_BY(retired_mutex_);
};

}  // namespace netpoll
