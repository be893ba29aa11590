// SPDX-License-Identifier: Apache-2.0
//
// [poller] What the kernel reports.
#include <cassert>
#include <system_error>
#include <utility>

#include "netpoll/connection/connection.h"
#include "netpoll/os/half_close.h"

namespace netpoll {
namespace {

// Epoll reports other errors of a socket, so that on_hangup() is called. It
// does not report that the kernel has no memory for what is to be sent.
bool lacks_memory(std::error_code error) {
  return error == std::errc::no_buffer_space ||
         error == std::errc::not_enough_memory;
}

}  // namespace

void Connection::on_readable() {
  assert(poller_.on_poller_thread());
  if (life_.closed_by() == ClosedBy::user) return discard_input();
  if (output_.is_unattended()) return input_.pause();  // on_writable() resumes

  const Result<os::Moved> moved = input_.fill(fd(), poller_.turn_bytes());
  if (!moved) return hang_up(ClosedBy::error);
  if (moved->eof) return hang_up(ClosedBy::peer);
  if (moved->again) return go_on_lingering();
  poller_.count_read(moved->bytes);
  bring_input();
}

// To be called after input was committed. If the event gives the key to the
// poller, a task is to handle the input. If not, wakes the reader once all the
// bytes that it sleeps for have come.
void Connection::bring_input() {
  const Next next = life_.input_came();
  if (next != Next::hold) input_.wake_if_enough();
  defer_task_of(next);
}

// If `next` is hold, the poller has the key: defers a task that does the work
// of the holder of the key. The key goes to that task.
void Connection::defer_task_of(Next next) {
  if (next == Next::hold) poller_.defer(task(&Connection::run_task));
}

// To be called for input that comes after our close(), when nobody will read
// it. While the close lingers, reads it and throws it away, and ends the wait
// at the peer's own end. Otherwise only stops watching for input.
void Connection::discard_input() {
  if (!lingers_until()) {
    static_cast<void>(poller_.watch_input(*this, false));
    return go_on_lingering();
  }
  const Result<os::Moved> moved = os::discard(fd());
  if (!moved || moved->eof) end_linger();
}

// To be called after the watch for input was ended. If begin_linger() began to
// watch for input just before that, begins again.
void Connection::go_on_lingering() {
  if (lingers_until()) static_cast<void>(poller_.watch_input(*this, true));
}

void Connection::on_writable() {
  assert(poller_.on_poller_thread());
  ConsumedNodes sent;
  const Result<bool> over = output_.drain(sent);
  // A task destroys the sent nodes: that may call done() of a lent block, which
  // is user code and must not run inside this function.
  if (!sent.is_empty()) poller_.defer([nodes = std::move(sent)] {});
  if (!over && lacks_memory(over.error())) return hang_up(ClosedBy::error);
  if (!over || *over) go_on_after_output();
}

// To be called when output that no flush waited for has ended, or when a flush
// waits for it again. Until then the connection read nothing, and called no
// handler.
void Connection::go_on_after_output() {
  input_.resume();
  defer_task_of(life_.look_again());
}

void Connection::on_hangup() {
  assert(poller_.on_poller_thread());
  // The kernel may hold input that was not read because Input was full. The
  // peer sends no more, so this is one receive buffer at most. It is read
  // despite the limit, one read in each turn, before the end is handled.
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
  if (output_.was_taken_over()) go_on_after_output();
  if (now >= activity_.idle_at()) return close_idle();
  set_alarm();
}

// The idle timeout has passed: closes the connection, unless a thread holds the
// key, because a handler runs. Then the idle time is counted anew from now.
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
    // Only the watch for input ends. The poller still watches for output: the
    // peer may read on, and answers may be unsent.
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
