// SPDX-License-Identifier: Apache-2.0
//
// [poller] What the kernel has to say.
#include "connection/connection.h"

namespace netpoll {

void Connection::on_readable() {
  if (keys_.closed_by() == ClosedBy::user) {
    // A handler still runs; nobody will ask for what comes now.
    static_cast<void>(poller_.watch_input(*this, false));
    return;
  }
  const Result<os::Moved> moved = input_.fill(fd());
  if (!moved) return hang_up(ClosedBy::error);
  if (moved->eof) return hang_up(ClosedBy::peer);
  if (moved->again) return;

  if (serves_ && keys_.try_process()) {
    poller_.defer(task(&Connection::run_task));
  } else {
    // A handler is at work: it finds the input when it lets the key go, or
    // waits for it in reader(). So does a client without handlers.
    input_.wake_if_enough();
  }
}

void Connection::on_writable() {
  // On an error the flusher is told, but there may be input left to read: the
  // end is announced by the event that follows it.
  static_cast<void>(output_.drain());
}

void Connection::on_hangup() {
  hang_up(ClosedBy::error);
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
  if (!first) return;

  // Before on_connect has returned, its task tells on_disconnect.
  if ((reach(hung_up) & connected) != 0) {
    poller_.defer(task(&Connection::run_disconnect_task));
  }
}

}  // namespace netpoll
