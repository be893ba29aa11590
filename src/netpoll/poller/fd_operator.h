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

namespace netpoll {

/// Requires of each on_… function: it does not wait, does not throw, does a
/// bounded amount of work, and does not detach() an operator of another poller
/// (two functions that detach each other's operator would wait for ever).
class FdOperator : public RefCounted<FdOperator> {
 public:
  virtual ~FdOperator() = default;

  /// The number of the descriptor. The derived class owns the descriptor and
  /// closes it after Poller::detach(). [any]
  int fd() const { return fd_; }

  /// The descriptor has input, or its peer has finished sending. The function
  /// may leave input unread: the next turn reports that input again. [poller]
  virtual void on_readable() = 0;
  /// The descriptor has room for output. The poller calls this only while
  /// Poller::watch_output() is on. [poller]
  virtual void on_writable() = 0;
  /// The descriptor has failed, or both of its directions are closed, and no
  /// input is reported with that. [poller]
  virtual void on_hangup() = 0;
  /// The moment that Poller::set_timer() was given has come. [poller]
  virtual void on_timer() {}

  /// The poller has left this operator for good; it finishes a detach_soon() of
  /// another thread by this call. [poller]
  virtual void on_detached() {}

  // What the poller keeps with the operator. For Poller and Timers alone.
  struct Watch {
    FdState state;  // whether the poller may call the on_… functions

    // Held during epoll_ctl, so that epoll's record of this descriptor always
    // agrees with the two fields below.
    Mutex control;
    bool in_epoll NETPOLL_GUARDED_BY(control) = false;
    os::Interest interest NETPOLL_GUARDED_BY(control) = os::Interest::input;

    Deadline timer = kNever;  // set_timer()'s moment; guarded by Timers::mutex_
  };
  Watch& watch() { return watch_; }

 protected:
  /// `fd` must stay open until Poller::detach() has returned.
  explicit FdOperator(int fd) : fd_(fd) {}

 private:
  const int fd_;
  Watch watch_;
};

}  // namespace netpoll
