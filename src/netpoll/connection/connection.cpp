// SPDX-License-Identifier: Apache-2.0
//
// [any] The beginning, the end, and what any thread may call.
#include "netpoll/connection/connection.h"

#include <algorithm>
#include <cassert>
#include <ranges>
#include <thread>
#include <utility>

#include "netpoll/os/socket.h"

namespace netpoll {
namespace {

// How long what was flushed may take to leave after a close().
constexpr std::chrono::seconds kLinger(5);

}  // namespace

Connection::Connection(Runtime& runtime, UniqueFd fd, const Address& peer,
                       const Handlers& handlers,
                       const ConnectionOptions& options)
    : FdOperator(fd.get()),
      poller_(runtime.pollers().next()),
      handlers_(handlers),
      local_(Address::local_of(fd.get()).value_or(Address())),
      peer_(peer),
      on_connect_(handlers.on_connect),
      on_request_(handlers.on_request),
      on_disconnect_(handlers.on_disconnect),
      input_(keys_, poller_, *this, activity_),
      output_(keys_, poller_, *this, activity_),
      socket_(std::move(fd)) {
  if (!local_.is_unix()) os::set_no_delay(this->fd(), true);
  set_read_timeout(options.read_timeout);
  set_write_timeout(options.write_timeout);
  set_idle_timeout(options.idle_timeout);
  if (options.keepalive.count() > 0) set_keepalive(options.keepalive);
  set_max_input(options.max_input);
  input_.set_read_size(options.read_size);
}

Connection::~Connection() = default;

std::error_code Connection::start(CloseCallback last) {
  last_ = std::move(last);
  if (handlers_.on_prepare) call(handlers_.on_prepare, "on_prepare");
  if (!on_connect_.is_set()) reach(connected);

  // Taken before the first byte can arrive, so that no on_request comes first.
  const bool greet = on_connect_.is_set() && take_key_to_greet();
  if (const auto error = poller_.add(*this)) {
    if (greet) keys_.stop_processing();
    close();
    return error;
  }
  set_alarm();
  if (greet) poller_.go(task(&Connection::run_task));
  return {};
}

// on_prepare may have shown it to others, whose calls hold the key for a while.
bool Connection::take_key_to_greet() {
  while (is_active()) {
    if (keys_.try_process()) return true;
    std::this_thread::yield();
  }
  return false;  // whoever closed it tears it down
}

void Connection::set_on_request(Handler handler) {
  on_request_.set(std::move(handler));
  try_finish();
}

void Connection::set_idle_timeout(std::chrono::milliseconds timeout) {
  activity_.set_timeout(timeout);
  set_alarm();
}

void Connection::set_alarm() {
  const auto soonest = [this] {
    return std::min(output_.backlog_limit(), activity_.idle_at());
  };
  // Again if it is sooner by now: whoever made it so may have set the timer
  // before us, and we have overwritten that.
  Deadline at = kNever;
  do {
    at = soonest();
    poller_.set_timer(*this, at);
  } while (soonest() < at);
}

void Connection::set_keepalive(std::chrono::seconds idle) {
  if (local_.is_unix()) return;
  const auto seconds = std::min<std::chrono::seconds::rep>(
      idle.count(), os::kKeepaliveMax.count());
  // Under the lock: after a close() or detach() the number may be another's.
  const Lock lock(end_mutex_);
  if (!socket_) return;
  // Fails for no TCP socket.
  static_cast<void>(
      os::set_keepalive(socket_.get(), static_cast<int>(seconds)));
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
  output_.limit_backlog(deadline_after(kLinger));
}

Result<UniqueFd> Connection::detach() {
  UniqueFd socket = take_socket();  // first: whoever tears down finds none
  end_by_user();
  poller_.detach(*this);
  output_.drop_backlog();
  keys_.stop_flushing();
  try_finish();
  if (!socket) return fail(Errc::conn_closed);
  return socket;
}

UniqueFd Connection::take_socket() {
  const Lock lock(end_mutex_);
  return std::move(socket_);
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
  if (has_work) poller_.go(task(&Connection::run_task));
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

bool Connection::handled() const {
  return on_request_.is_set() || on_connect_.is_set();
}

bool Connection::ready_to_tear_down() const {
  if (output_.has_backlog()) return false;  // on_writable() looks again
  switch (keys_.closed_by()) {
    case ClosedBy::none:
      return false;
    case ClosedBy::user:
      return true;
    default:
      // The peer's end is told to on_disconnect first. Where there is no
      // handler the user is still reading, and will close.
      return has(disconnected) && (handled() || has(user_closed));
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
  take_socket().reset();
  if (last_) last_(*this);  // handlers_ may be gone from here on
}

void Connection::run_close_callbacks() {
  std::vector<CloseCallback> callbacks;
  {
    const Lock lock(end_mutex_);
    torn_down_ = true;
    callbacks.swap(callbacks_);
  }
  for (CloseCallback& callback : callbacks | std::views::reverse) {
    call(callback, "close callback");
  }
}

void Connection::add_close_callback(CloseCallback callback) {
  {
    const Lock lock(end_mutex_);
    if (!torn_down_) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  call(callback, "close callback");
}

}  // namespace netpoll
