// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a poller watches: a descriptor, and what can happen to it.
//
//    epoll says "ready" --> FdState::enter --> on_…able() --> FdState::leave
//    any thread: FdState::detach, and then nobody enters again
//
// It knows no one: not the poller, not the connection. An acceptor and a
// connection are FdOperators. Held by Ref; the poller's own Ref is dropped at
// the end of the turn after the detach, since the batch that epoll_wait has
// already returned may still name this object.
//
// Unlike upstream: one set of functions, not two (FDOperator has seven fields,
// of which a connection uses five and a listener three); and one object for one
// descriptor, never recycled, so a call that comes too late finds its own
// operator detached, not a stranger's (connection_impl.go:131, Release).
// Upstream: fd_operator.go:23.

#include "netpoll/base/mutex.h"
#include "netpoll/base/ref.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/epoll.h"
#include "netpoll/poller/fd_state.h"

namespace netpoll {

class FdOperator : public RefCounted<FdOperator> {
 public:
  virtual ~FdOperator() = default;

  /// The descriptor; a number only, whoever derives from this owns it. [any]
  int fd() const { return fd_; }

  /// There is input, or the end of it. Not calling recv() until it says
  /// "again" is fine: what is left is reported again. [poller]
  virtual void on_readable() = 0;
  /// There is room for output; only while it is watched for. [poller]
  virtual void on_writable() = 0;
  /// The descriptor has failed or both directions are closed. [poller]
  virtual void on_hangup() = 0;
  /// The moment that Poller::set_timer() was given has come. [poller]
  virtual void on_timer() {}
  /// The poller has left this operator, finishing a detach_soon() of another
  /// thread, and will not enter it again. [poller]
  virtual void on_detached() {}

 protected:
  /// `fd` stays the caller's.
  explicit FdOperator(int fd) : fd_(fd) {}

 private:
  friend class Poller;
  friend class Timers;
  friend class FdOperatorTest;

  const int fd_;
  FdState<> state_;  // whether the poller may enter, and is inside

  // One epoll_ctl at a time, so that the kernel's view is never older than
  // ours. Guards the two below.
  Mutex control_;
  bool in_epoll_ NETPOLL_GUARDED_BY(control_) = false;
  os::Interest interest_ NETPOLL_GUARDED_BY(control_) = os::Interest::input;

  Deadline timer_ = kNever;  // its moment; guarded by the mutex of Timers
};

}  // namespace netpoll
