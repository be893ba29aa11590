// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a poller watches: a descriptor, and what can happen to it.
//
//    unused --begin--> watched <==enter / leave==> busy      poller thread
//       |                 |                         | detach, from inside
//       |                 |                         v
//       |                 |                      leaving
//       |                 v                         | leave
//       +-- detach --> detached <-------------------+
//
// busy      the poller is inside one of the on_… functions.
// leaving   it still is, and has detached this operator itself.
// detached  it is not inside, and never will be again. detach() from another
//           thread waits for that; so it is safe, afterwards, to close the
//           descriptor and to free what the functions use.
//
// It knows no one: not the poller, not the connection. An acceptor and a
// connection are FdOperators. Held by Ref; the poller's own Ref is dropped at
// the end of the turn after the detach, since the batch that epoll_wait has
// already returned may still name this object.
//
// Unlike upstream: one set of functions, not two (FDOperator has seven fields,
// of which a connection uses five and a listener three).
// Upstream: fd_operator.go:23.

#include <atomic>
#include <cstdint>

#include "base/mutex.h"
#include "base/ref.h"
#include "base/trigger.h"
#include "os/epoll.h"

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

 protected:
  /// `fd` stays the caller's.
  explicit FdOperator(int fd) : fd_(fd) {}

 private:
  friend class Poller;
  friend class Timers;
  friend class FdOperatorTest;

  enum class State : std::uint8_t {
    unused,
    watched,
    busy,
    leaving,
    detached,
  };

  // unused to watched. False when it was detached first, or begun before.
  bool begin();
  // watched to busy. False when detached: the event is stale. [poller]
  bool enter();
  // busy to watched, leaving to detached. [poller]
  void leave();
  // To detached; waits for the poller to leave. Or to leaving, if `inside`: the
  // caller is the poller, perhaps inside this operator.
  void detach(bool inside);

  const int fd_;
  std::atomic<State> state_{State::unused};

  // One epoll_ctl at a time, so that the kernel's view is never older than
  // ours. Guards the two below.
  Mutex control_;
  bool in_epoll_ GUARDED_BY(control_) = false;
  os::Interest interest_ GUARDED_BY(control_) = os::Interest::input;

  Deadline timer_ = kNever;  // its moment; guarded by the mutex of Timers
};

}  // namespace netpoll
