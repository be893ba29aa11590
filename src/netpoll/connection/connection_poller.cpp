// SPDX-License-Identifier: Apache-2.0
//
// [poller] What the kernel has to say.
#include "netpoll/connection/connection.h"

namespace netpoll {

void Connection::on_readable() {
  if (keys_.closed_by() == ClosedBy::user) {
    // A handler still runs; nobody will ask for what comes now.
    static_cast<void>(poller_.watch_input(*this, false));
    return;
  }
  if (output_.has_backlog()) return input_.pause();  // on_writable() resumes

  const Result<os::Moved> moved = input_.fill(fd());
  if (!moved) return hang_up(ClosedBy::error);
  if (moved->eof) return hang_up(ClosedBy::peer);
  if (moved->again) return;

  // The second look: one that is set meanwhile finds the input, or is found.
  const bool handled = on_request_.is_set() || on_request_.has_new();
  if (handled && keys_.try_process()) {
    poller_.defer(task(&Connection::run_task));
  } else {
    // A handler is at work: it finds the input when it lets the key go, or
    // waits for it in reader(). So does a client without handlers.
    input_.wake_if_enough();
  }
}

void Connection::on_writable() {
  const bool had_backlog = output_.has_backlog();
  // On an error the flusher is told, but there may be input left to read: the
  // end is announced by the event that follows it.
  static_cast<void>(output_.drain());
  if (!had_backlog || output_.has_backlog()) return;
  input_.resume();
  process_later();
}

void Connection::on_hangup() {
  // The kernel may hold input that was not read for lack of room, even if it is
  // no longer paused: this event is older than the reader's resume(). The peer
  // is gone, so it is no more than a socket's buffer.
  for (bool more = true; more;) {
    const Result<os::Moved> moved = input_.fill_beyond(fd());
    more = moved && !moved->eof && !moved->again;
  }
  hang_up(ClosedBy::error);
}

void Connection::on_timer() {
  const Deadline now = Deadline::clock::now();
  if (now >= output_.backlog_limit()) return hang_up(ClosedBy::error);
  if (now >= activity_.idle_at()) return close_idle();
  set_alarm();
}

// Nothing is idle while a handler is at work: it is timed anew from now on.
void Connection::close_idle() {
  activity_.touch();
  set_alarm();
  if (!keys_.try_process()) return;
  end_by_user();
  poller_.defer(task(&Connection::run_task));
}

// Has the holder of the key look at everything again, whoever that is.
void Connection::process_later() {
  if (keys_.try_process()) poller_.defer(task(&Connection::run_task));
}

void Connection::hang_up(ClosedBy by) {
  if (by == ClosedBy::peer) {
    // Still watched for output: the answer to its last request may be due.
    static_cast<void>(poller_.watch_input(*this, false));
  } else {
    poller_.detach(*this);
  }
  const bool first = keys_.try_close(by);
  if (!first && by == ClosedBy::error) keys_.fail();
  input_.wake();
  output_.wake();
  if (by == ClosedBy::error && output_.has_backlog()) {
    output_.drop_backlog();
    process_later();
  }
  if (!first) return;

  // Before on_connect has returned, its task tells on_disconnect.
  if ((reach(hung_up) & connected) != 0) {
    poller_.defer(task(&Connection::run_disconnect_task));
  }
}

}  // namespace netpoll
