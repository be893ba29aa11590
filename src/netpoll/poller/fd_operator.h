// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a poller watches: a descriptor, and the functions that the poller calls
// when something happens to the descriptor.
//
//    poller thread:  FdState::enter --> one or two of on_… --> FdState::leave
//    any thread:     FdState::detach, and after that no poller enters again
//
// An FdOperator knows neither its poller nor what derives from it. Acceptor and
// Connection derive from it. An operator is held by Ref. The poller has a Ref
// of its own from add() on, and drops that Ref at the end of the turn that
// follows detach(): until then the events that epoll_wait has already returned
// may still point to the operator.
//
// Unlike upstream: there is one set of functions, not two (FDOperator has seven
// function fields: a connection sets five, a listener two). And one operator
// belongs to one descriptor for its whole life and is never reused, so a call
// that comes too late finds its own operator detached. Upstream's Release can
// come so late that it locks an operator which by then belongs to another
// connection: connection_impl.go:131 (connection.Release).
// Upstream: FDOperator, fd_operator.go:23.

#include "netpoll/base/mutex.h"
#include "netpoll/base/ref.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/epoll.h"
#include "netpoll/poller/fd_state.h"
#include "netpoll/poller/trust.h"

namespace netpoll {

/// A descriptor, and the on_… functions that its poller calls when something
/// happens to the descriptor. Requires of each on_… function: it does not wait,
/// does not throw, does a bounded amount of work, and does not detach() an
/// operator that another poller watches (two pollers that detach each other's
/// operator inside such functions would wait for each other for ever).
class FdOperator : public RefCounted<FdOperator> {
 public:
  virtual ~FdOperator() = default;

  /// The number of the descriptor. The derived class owns the descriptor and
  /// closes it after this operator has been detached. [any]
  int fd() const { return fd_; }

  /// The poller is inside an on_… function of this operator, and may have read
  /// from the descriptor what the operator does not count yet. When false, all
  /// that it did in earlier calls is visible to the caller. [any]
  bool is_entered() const { return watch_.state.is_inside(); }

  /// The poller calls this when the descriptor has input, or its peer has
  /// finished sending. The function may leave input unread: then the poller
  /// calls the function again in its next turn. [poller]
  virtual void on_readable() = 0;
  /// The poller calls this when the kernel can take output for the descriptor,
  /// and only while Poller::watch_output() is on. [poller]
  virtual void on_writable() = 0;
  /// The poller calls this when the descriptor has failed, or both of its
  /// directions are closed, and epoll reports no input in the same event. With
  /// input the poller calls on_readable() instead. [poller]
  virtual void on_hangup() = 0;
  /// The poller calls this when the moment that Poller::set_timer() was given
  /// has come. A poller that is stopped calls it once without waiting for that
  /// moment. [poller]
  virtual void on_timer() {}

  /// The poller calls this when another thread has called detach_soon() while
  /// the poller was inside this operator. It is the poller's last call of this
  /// operator, and the descriptor may be closed now. [poller]
  virtual void on_detached() {}

  // The poller's own data about this operator. Only Poller and Timers use it.
  struct Watch {
    FdState state;  // whether the poller may call the on_… functions
    Trust trust;    // who runs the tasks; for the thread that leads the poller

    // Held during epoll_ctl, so that in_epoll and interest always agree with
    // what the kernel's epoll has recorded for this descriptor.
    Mutex control;
    bool in_epoll NETPOLL_GUARDED_BY(control) = false;
    os::Interest interest NETPOLL_GUARDED_BY(control) = os::Interest::input;

    // The moment at which on_timer() is due; kNever when no timer is set.
    // Guarded by Timers::mutex_.
    Deadline timer = kNever;
  };
  /// For Poller and Timers only. [any]
  Watch& watch() { return watch_; }

 protected:
  /// `fd` must stay open until this operator is detached: Poller::detach() has
  /// returned, or detach_soon() has returned true, or on_detached() is called.
  explicit FdOperator(int fd) : fd_(fd) {}

 private:
  const int fd_;
  Watch watch_;
};

}  // namespace netpoll
