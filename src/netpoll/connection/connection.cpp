// SPDX-License-Identifier: Apache-2.0
//
// [any] The beginning, the events that any thread brings, and options.
#include "netpoll/connection/connection.h"

#include <algorithm>
#include <cassert>
#include <thread>
#include <utility>

#include "netpoll/connection/alarm.h"
#include "netpoll/os/socket.h"

namespace netpoll {
namespace {

bool is_tcp(int fd) {
  const auto local = Address::local_of(fd);
  return local && !local->is_unix();
}

// A step of a connection as a task, with a reference until the task is over.
struct Step {
  using MovesAsBytes = void;  // a Ref is a pointer

  void operator()() const { (static_cast<Connection&>(*self).*step)(); }

  Ref<FdOperator> self;
  void (Connection::*step)();
};

}  // namespace

Connection::Connection(Runtime& runtime, UniqueFd fd, const Address& peer,
                       const Handlers& handlers,
                       const ConnectionOptions& options)
    : FdOperator(fd.get()),
      poller_(runtime.pollers().next()),
      handlers_(handlers),
      peer_(peer),
      is_tcp_(is_tcp(fd.get())),
      serving_(&handlers.on_request),
      life_(handlers.on_request != nullptr),
      input_(life_, poller_, *this, activity_),
      output_(life_, poller_, *this, activity_, mutex_,
              &Connection::continue_tear_down),
      linger_limit_(options.linger),
      socket_(std::move(fd)),
      on_connect_(handlers.on_connect),
      on_request_(handlers.on_request),
      on_disconnect_(handlers.on_disconnect) {
  assert(this->fd() >= 0);
  if (is_tcp_) os::set_no_delay(this->fd(), true);
  set_read_timeout(options.read_timeout);
  set_write_timeout(options.write_timeout);
  set_idle_timeout(options.idle_timeout);
  if (options.keepalive.count() > 0) set_keepalive(options.keepalive);
  set_max_input(options.max_input);
  input_.set_read_size(options.read_size);
}

void Connection::add_ref() const {
  // relaxed: look() reads the count after an event of life_, which orders it.
  users_.fetch_add(1, std::memory_order_relaxed);
  FdOperator::add_ref();
}

void Connection::drop_ref() const {
  // relaxed: as in add_ref(); user_gone() publishes the new count.
  if (users_.fetch_sub(1, std::memory_order_relaxed) == 1) {
    auto& self = const_cast<Connection&>(*this);
    // Not here: the caller may hold a lock that a close callback takes.
    if (self.life_.user_gone() == Next::hold) {
      self.poller_.go(self.task(&Connection::run_task));
    }
  }
  FdOperator::drop_ref();
}

std::error_code Connection::start(CloseCallback last) {
  last_ = std::move(last);
  if (handlers_.on_prepare) call(handlers_.on_prepare, "on_prepare");
  const bool greets = on_connect_.is_set(mutex_);
  life_.prepare(greets);
  if (const auto error = poller_.add(*this)) {
    close();
    return error;
  }
  set_alarm();
  // If input was faster, its task has run on_connect by now, or will.
  const bool has_work = greets || input_.size() > 0;
  if (has_work && life_.look_again() == Next::hold) {
    poller_.go(task(&Connection::run_task));
  }
  return {};
}

void Connection::close() {
  settle(mark_closed());
}

// The first half of close(); the second is to settle() what it answers.
Next Connection::mark_closed() {
  const Next next = life_.user_closed();
  input_.wake();
  output_.wake();
  Milliseconds limit;
  {
    const Lock lock(mutex_);
    limit = linger_limit_;
  }
  output_.give_up_by(deadline_after(limit));
  return next;
}

// After an event. Does what the holder of the key has to do, but runs no
// handler: this may be a user's thread.
void Connection::settle(Next event) {
  if (event == Next::hold) go_on(false);
}

// [holder of the key] Looks and acts until decide() gives the key back, or the
// key goes to a task, or the connection is torn down.
void Connection::go_on(bool runs_handlers) {
  assert(life_.is_held());
  answered_ = false;
  for (;;) {
    const Lifecycle::Mark mark = life_.begin_look();
    const Next next = life_.decide(mark, look(mark.stopping));
    switch (next) {
      case Next::again:
        break;
      case Next::greet:
      case Next::handle:
        if (!runs_handlers) return poller_.go(task(&Connection::run_task));
        next == Next::greet ? greet() : handle_request();
        break;
      case Next::close:
        static_cast<void>(mark_closed());  // the key is held already
        break;
      case Next::tear_down:
        return tear_down();
      default:
        return;
    }
  }
}

Look Connection::look(bool stopping) const {
  Look it{.arrived = input_.committed(),
          .unread = input_.size(),
          .unsent = output_.is_unattended(),
          // relaxed: see add_ref().
          .held = users_.load(std::memory_order_relaxed) > 0};
  it.idle = stopping && answered_ && it.unread == 0 && output_.is_empty() &&
            os::bytes_waiting(fd()) == 0;
  return it;
}

Task Connection::task(void (Connection::*step)()) {
  return Step{Ref<FdOperator>::share(*this), step};
}

Result<UniqueFd> Connection::detach() {
  UniqueFd socket = take_socket();  // before the close, which finds none
  const Next next = mark_closed();
  poller_.detach(*this);
  output_.drop_unattended();
  // A flush on another thread was woken, or sends one turn at most.
  while (output_.is_busy())
    std::this_thread::yield();
  settle(next);
  if (!socket) return fail(Errc::conn_closed);
  return socket;
}

void Connection::stop() {
  settle(life_.stop());
}

void Connection::close_if_quiet(Quiet& quiet, Milliseconds grace) {
  if (!life_.try_hold()) return;
  const bool input_is_quiet = quiet.look(input_.committed(), input_.size() > 0,
                                         Deadline::clock::now(), grace) &&
                              os::bytes_waiting(fd()) == 0;
  // The key is held already.
  if (input_is_quiet && output_.is_empty()) static_cast<void>(mark_closed());
  settle(Next::hold);
}

void Connection::set_on_connect(Handler handler) {
  on_connect_.set(mutex_, std::move(handler));
}

void Connection::set_on_request(Handler handler) {
  const bool serves = on_request_.set(mutex_, std::move(handler));
  settle(life_.handler_replaced(serves));
  if (!serves) input_.wake();  // unread input is the reader's now
}

void Connection::set_on_disconnect(Handler handler) {
  on_disconnect_.set(mutex_, std::move(handler));
}

void Connection::set_deadline(Deadline at) {
  set_read_deadline(at);
  set_write_deadline(at);
}

void Connection::set_idle_timeout(Milliseconds timeout) {
  activity_.set_timeout(timeout);
  set_alarm();
}

// A thread that changes one of the three moments calls this, or has on_timer()
// come at once, which calls it.
void Connection::set_alarm() {
  const auto soonest = [this] {
    const Deadline first = std::min(output_.give_up_at(), activity_.idle_at());
    return lingers_until().value_or(first);
  };
  set_to_soonest(soonest,
                 [this](Deadline at) { poller_.set_timer(*this, at); });
}

void Connection::set_keepalive(std::chrono::seconds idle) {
  if (!is_tcp_) return;
  const auto seconds = std::min<std::chrono::seconds::rep>(
      idle.count(), os::kKeepaliveMax.count());
  // Under the lock: after the descriptor is closed or detached its number may
  // be another socket's.
  const Lock lock(mutex_);
  if (!socket_) return;
  static_cast<void>(
      os::set_keepalive(socket_.get(), static_cast<int>(seconds)));
}

Address Connection::local_addr() const {
  const Lock lock(mutex_);
  if (!socket_) return Address();
  return Address::local_of(socket_.get()).value_or(Address());
}

void Connection::add_close_callback(CloseCallback callback) {
  {
    const Lock lock(mutex_);
    if (!torn_down_) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  call(callback, "close callback");
}

}  // namespace netpoll
