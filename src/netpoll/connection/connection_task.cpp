// SPDX-License-Identifier: Apache-2.0
//
// [worker] Where the handlers run.
#include <cassert>
#include <exception>

#include "netpoll/base/log.h"
#include "netpoll/connection/connection.h"

namespace netpoll {

// The task that does the work of the holder of the key, handlers included. The
// key was given to the task with it.
void Connection::run_task() {
  // When no worker can be started, the poller runs this task itself. Then the
  // end of the connection needs no worker; but on_connect and on_request, which
  // may block, wait in another task until a worker can be had.
  go_on(!poller_.stands_in_for_worker());
}

void Connection::greet() {
  assert(life_.is_held());
  call(on_connect_.newest(mutex_), "on_connect");
  // When on_connect has taken all input and given nothing back, on_request is
  // not called, so it cannot make room.
  if (input_.is_full_since(input_.consumed()) && on_request_.is_set(mutex_)) {
    refuse_full_input();
  } else {
    input_.resume();
  }
  if (life_.greeted() == Next::tell) tell_disconnect();
}

void Connection::handle_request() {
  assert(life_.is_held());
  if (life_.take_new_handler()) serving_ = &on_request_.newest(mutex_);
  const std::uint64_t arrived = input_.committed();
  const std::uint64_t consumed = input_.consumed();
  call(*serving_, "on_request");
  const bool took = input_.consumed() != consumed;
  life_.handled(arrived, took);
  answered_ = true;
  if (took && input_.size() > 0) return input_.resume_if_room();
  // on_request took nothing: it waits for more input, or leaves the input to a
  // reader on another thread. If that reader sleeps, it may have to be woken.
  if (!took) input_.wake_if_enough();
  // A handler that was set meanwhile, or a reader in its place, may make room.
  if (input_.is_full_since(arrived) && !on_request_.has_next(mutex_)) {
    refuse_full_input();
  } else {
    input_.resume();
  }
}

// Closes the connection and logs why. The input is full, and the handler that
// has just returned has not made room: the poller would never read again, and
// on_request never be called again.
void Connection::refuse_full_input() {
  if (life_.closed_by() == ClosedBy::user) return;
  log::warn("max_input", input_.size() > 0
                             ? "on_request took nothing of a full input; closed"
                             : "a handler took a full input and did not call "
                               "release(); closed");
  static_cast<void>(mark_closed());  // the key is held already
}

// Calls on_disconnect. Runs as a task that does not hold the key, or is called
// by greet(), whose thread holds the key.
void Connection::tell_disconnect() {
  const Handler& handler = on_disconnect_.newest(mutex_);
  if (handler) call(handler, "on_disconnect");
  if (life_.told() == Next::hold) run_task();
}

void Connection::call(const Handler& handler, const char* name) {
  try {
    handler(*this);
  } catch (const std::exception& error) {
    log::warn(name, error.what());
    close();
  } catch (...) {
    log::warn(name, "threw something that is no std::exception");
    close();
  }
}

}  // namespace netpoll
