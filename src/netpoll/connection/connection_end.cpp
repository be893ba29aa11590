// SPDX-License-Identifier: Apache-2.0
//
// [holder of the key] The end: torn down, perhaps lingering, finished. The key
// is never given back, so each step runs once; what follows a step may run on
// another thread.
#include <cassert>
#include <ranges>
#include <utility>

#include "netpoll/connection/connection.h"
#include "netpoll/os/half_close.h"
#include "netpoll/os/socket.h"

namespace netpoll {

void Connection::tear_down() {
  assert(!is_active());
  assert(life_.is_held());
  // stop() returns true when no thread is sending. Otherwise the last thread
  // that sends calls continue_tear_down(), and nothing here waits for it.
  if (output_.stop()) end_for_user();
}

void Connection::continue_tear_down(FdOperator& op) {
  auto& self = static_cast<Connection&>(op);
  if (self.poller_.on_poller_thread()) {
    // The poller may be inside on_writable() here, where no user code may run.
    // So a task runs the close callbacks.
    self.poller_.defer(self.task(&Connection::end_for_user));
  } else {
    self.end_for_user();
  }
}

void Connection::end_for_user() {
  run_close_callbacks();
  if (must_linger()) {
    begin_linger();
  } else {
    finish();
  }
}

void Connection::run_close_callbacks() {
  std::vector<CloseCallback> callbacks;
  {
    const Lock lock(mutex_);
    torn_down_ = true;
    callbacks.swap(callbacks_);
  }
  for (CloseCallback& callback : callbacks | std::views::reverse) {
    call(callback, "close callback");
  }
}

// True when a close(2) now could destroy an answer that the peer has not got,
// or not all of it. The kernel sends a reset if input is unread at the close,
// or comes after it, and the reset may overtake the answer.
bool Connection::must_linger() const {
  if (!is_tcp_ || life_.closed_by() != ClosedBy::user) return false;
  const Lock lock(mutex_);
  if (!socket_ || linger_limit_.count() <= 0 || output_.sent() == 0) {
    return false;
  }
  return has_uncounted_input() || input_.size() > 0 ||
         os::bytes_unsent(socket_.get()) > 0;
}

void Connection::begin_linger() {
  {
    const Lock lock(mutex_);
    // Fails when the peer has reset the connection. The poller reports the
    // reset too, and then hang_up() ends the linger wait.
    static_cast<void>(os::shutdown_write(socket_.get()));
    lingers_until_ = deadline_after(linger_limit_);
  }
  static_cast<void>(poller_.watch_input(*this, true));
  set_alarm();
  // hang_up() may have detached this operator on the poller. If it did so
  // before lingers_until_ was set, watch_input() and set_alarm() had no effect,
  // and the linger wait ends here. If it does so later, it sees lingers_until_
  // and ends the wait itself.
  if (!poller_.watches(*this)) end_linger();
}

std::optional<Deadline> Connection::lingers_until() const {
  const Lock lock(mutex_);
  return lingers_until_;
}

void Connection::end_linger() {
  {
    const Lock lock(mutex_);
    if (!std::exchange(lingers_until_, std::nullopt)) return;
  }
  finish();
}

void Connection::set_linger(Milliseconds limit) {
  {
    const Lock lock(mutex_);
    linger_limit_ = limit;
    if (!lingers_until_ || limit.count() > 0) return;
    lingers_until_ = Deadline::clock::now();
  }
  set_alarm();
}

void Connection::finish() {
  // False: the poller is inside a function of this operator. As it leaves, it
  // calls on_detached(), which closes the socket.
  if (poller_.detach_soon(*this)) close_socket();
}

void Connection::close_socket() {
  assert(!poller_.watches(*this));  // Inv-3 of connection.h
  // last_() may make the registry drop its reference, perhaps the only one.
  // `self` keeps this object until the function returns.
  const Ref<FdOperator> self = Ref<FdOperator>::share(*this);
  take_socket().reset();
  if (last_) last_(*this);  // handlers_ may be gone from here on
}

UniqueFd Connection::take_socket() {
  const Lock lock(mutex_);
  return std::move(socket_);
}

}  // namespace netpoll
