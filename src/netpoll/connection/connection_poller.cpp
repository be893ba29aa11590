// SPDX-License-Identifier: Apache-2.0
//
// [poller] What the kernel reports.
#include <cassert>
#include <utility>

#include "netpoll/connection/connection.h"
#include "netpoll/os/half_close.h"

namespace netpoll {

void Connection::on_readable() {
  assert(poller_.on_poller_thread());
  if (life_.closed_by() == ClosedBy::user) return discard_input();
  if (output_.is_unattended()) return input_.pause();  // on_writable() resumes

  const Result<os::Moved> moved = input_.fill(fd());
  if (!moved) return hang_up(ClosedBy::error);
  if (moved->eof) return hang_up(ClosedBy::peer);
  if (!moved->again) bring_input();
}

// Input was committed: a task handles it, or the reader that sleeps for it.
void Connection::bring_input() {
  const Next next = life_.input_came();
  if (next != Next::hold) input_.wake_if_enough();
  defer_task_of(next);
}

// The key goes with the task.
void Connection::defer_task_of(Next next) {
  if (next == Next::hold) poller_.defer(task(&Connection::run_task));
}

// After close() nobody asks for input.
void Connection::discard_input() {
  if (!lingers_until()) {
    static_cast<void>(poller_.watch_input(*this, false));
    // If begin_linger() watched just before that line, watch again.
    if (lingers_until()) static_cast<void>(poller_.watch_input(*this, true));
    return;
  }
  const Result<os::Moved> moved = os::discard(fd());
  if (!moved || moved->eof) end_linger();
}

void Connection::on_writable() {
  assert(poller_.on_poller_thread());
  ConsumedNodes sent;
  const bool attended = output_.drain(sent);
  // A task destroys them: a lent block's done() is user code.
  if (!sent.is_empty()) poller_.defer([nodes = std::move(sent)] {});
  if (!attended) return;
  input_.resume();
  defer_task_of(life_.look_again());
}

void Connection::on_hangup() {
  assert(poller_.on_poller_thread());
  // The kernel may hold input that was not read for lack of room. The peer is
  // gone, so that is a socket's buffer at most; one read a turn takes it in.
  if (life_.closed_by() != ClosedBy::user) {
    const Result<os::Moved> moved = input_.fill_beyond(fd());
    if (moved && moved->bytes > 0) return bring_input();
  }
  hang_up(ClosedBy::error);
}

void Connection::on_timer() {
  assert(poller_.on_poller_thread());
  const Deadline now = Deadline::clock::now();
  if (const auto until = lingers_until()) {
    return now >= *until || poller_.is_stopping() ? end_linger() : set_alarm();
  }
  if (now >= output_.give_up_at()) return hang_up(ClosedBy::error);
  if (now >= activity_.idle_at()) return close_idle();
  set_alarm();
}

// While a handler runs nothing is idle: the time is counted anew from now on.
void Connection::close_idle() {
  activity_.touch();
  set_alarm();
  if (!life_.try_hold()) return;
  static_cast<void>(mark_closed());  // the key is held already
  defer_task_of(Next::hold);
}

void Connection::hang_up(ClosedBy by) {
  assert(poller_.on_poller_thread());
  if (by == ClosedBy::peer) {
    // Still watched for output: answers may be on their way.
    static_cast<void>(poller_.watch_input(*this, false));
  } else {
    poller_.detach(*this);
    output_.drop_unattended();
    if (lingers_until()) return end_linger();
  }
  const Next next = life_.peer_ended(by);
  input_.wake();
  output_.wake();
  if (next == Next::tell) poller_.defer(task(&Connection::tell_disconnect));
  defer_task_of(next);
}

}  // namespace netpoll
