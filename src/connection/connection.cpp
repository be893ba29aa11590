// SPDX-License-Identifier: Apache-2.0
//
// [any] The beginning, the end, and what any thread may call.
#include "connection/connection.h"

#include <cassert>
#include <ranges>
#include <span>
#include <utility>

#include "os/socket.h"

namespace netpoll {

Connection::Connection(Runtime& runtime, UniqueFd fd, const Address& peer,
                       const Handlers& handlers)
    : FdOperator(fd.get()),
      runtime_(runtime),
      poller_(runtime.pollers().next()),
      handlers_(handlers),
      serves_(handlers.on_request != nullptr),
      handled_(serves_ || handlers.on_connect != nullptr),
      local_(Address::local_of(fd.get()).value_or(Address())),
      peer_(peer),
      input_(keys_),
      output_(keys_, poller_, *this),
      socket_(std::move(fd)) {
  if (!local_.is_unix()) os::set_no_delay(socket_.get(), true);
}

Connection::~Connection() = default;

std::error_code Connection::start(CloseCallback last) {
  last_ = std::move(last);
  if (handlers_.on_prepare) call(handlers_.on_prepare, "on_prepare");
  if (!handlers_.on_connect) reach(connected);

  // Taken before the first byte can arrive, so that no on_request comes first.
  const bool greet = handlers_.on_connect && keys_.try_process();
  if (const auto error = poller_.add(*this)) {
    if (greet) keys_.stop_processing();
    close();
    return error;
  }
  if (greet && !runtime_.workers().go(task(&Connection::run_task))) {
    end_by_user();
    run_task();  // without on_connect; tears down
    return Errc::conn_closed;
  }
  return {};
}

void Connection::close() {
  end_by_user();
  try_finish();
}

void Connection::end_by_user() {
  reach(user_closed);
  // The peer may have been first; then nothing more is sent to it either.
  if (!keys_.try_close(ClosedBy::user)) keys_.fail();
  input_.wake();
  output_.wake();
}

void Connection::close_if_quiet() {
  if (!keys_.try_process()) return;
  const std::uint64_t arrived = input_.committed();
  const bool quiet = arrived == std::exchange(quiet_at_, arrived) &&
                     input_.size() == 0 && output_.is_empty() &&
                     os::bytes_waiting(fd()) == 0;
  if (quiet) end_by_user();
  go_on_elsewhere(let_go());
}

// Tears down, unless somebody holds the key: he does it when he lets go.
void Connection::try_finish() {
  if (keys_.try_process()) go_on_elsewhere(let_go());
}

// There is input to handle, and this thread is none for it.
void Connection::go_on_elsewhere(bool has_work) {
  if (!has_work) return;
  Task rest = task(&Connection::run_task);
  // Refused by a pool that has stopped, or that can get no thread.
  if (!runtime_.workers().go(std::span(&rest, 1))) rest();
}

Task Connection::task(void (Connection::*step)()) {
  // The task's own reference: until it has returned.
  Ref<FdOperator> self = Ref<FdOperator>::share(*this);
  return [this, step, self = std::move(self)] { (this->*step)(); };
}

bool Connection::has(Life stage) const {
  // acquire: pairs with the release half of reach().
  return (life_.load(std::memory_order_acquire) & stage) != 0;
}

unsigned Connection::reach(Life stage) {
  // acq_rel: pairs with itself and with has().
  return life_.fetch_or(stage, std::memory_order_acq_rel);
}

bool Connection::ready_to_tear_down() const {
  switch (keys_.closed_by()) {
    case ClosedBy::none:
      return false;
    case ClosedBy::user:
      return true;
    default:
      // The peer's end is told to on_disconnect first. Where there is no
      // handler the user is still reading, and will close.
      return has(disconnected) && (handled_ || has(user_closed));
  }
}

// Gives the processing key back, or keeps it: for ever, having torn down, or
// (true) because there is something to handle. Requires: the caller holds it.
bool Connection::let_go() {
  for (;;) {
    // Who closed first, input second: all input came before the peer's close,
    // and what came is handled before the end.
    const bool ending = ready_to_tear_down();
    if (has_request()) return true;
    if (ending) {
      tear_down();
      return false;
    }
    keys_.stop_processing();
    // Look again: who came between the look and the key found it taken.
    if (!ready_to_tear_down() && !has_request()) return false;
    if (!keys_.try_process()) return false;
  }
}

void Connection::tear_down() {
  assert(!is_active());
  poller_.detach(*this);
  // No handler is left that could still answer a half-closed peer: another
  // thread that flushes gives up.
  keys_.fail();
  output_.wake();
  keys_.stop_flushing();
  run_close_callbacks();
  socket_.reset();
  if (last_) last_(*this);  // handlers_ may be gone from here on
}

void Connection::run_close_callbacks() {
  std::vector<CloseCallback> callbacks;
  {
    const Lock lock(callbacks_mutex_);
    torn_down_ = true;
    callbacks.swap(callbacks_);
  }
  for (CloseCallback& callback : callbacks | std::views::reverse) {
    call(callback, "close callback");
  }
}

void Connection::add_close_callback(CloseCallback callback) {
  {
    const Lock lock(callbacks_mutex_);
    if (!torn_down_) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  call(callback, "close callback");
}

}  // namespace netpoll
