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

// One step of a connection's work as a task: a member function to be called,
// and a reference that keeps the connection until the task is over.
struct Step {
  using MovesAsBytes = void;  // Task may move it as bytes: a Ref is a pointer

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
  // relaxed: the count orders nothing. look() gets it by the acquire in
  // Lifecycle::begin_look(), which pairs with the release in user_gone().
  users_.fetch_add(1, std::memory_order_relaxed);
  FdOperator::add_ref();
}

void Connection::drop_ref() const {
  // relaxed: user_gone(), below, publishes the new count with a release.
  if (users_.fetch_sub(1, std::memory_order_relaxed) == 1) {
    auto& self = const_cast<Connection&>(*this);
    // If this thread gets the key, a task does the holder's work. Done here it
    // could run a close callback, while the caller of drop_ref() may hold a
    // lock that the callback takes.
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
  // Has a task run on_connect, or handle the unread input of begin_with(). If
  // input came first, its event has given the key to a task that does both.
  const bool has_work = greets || input_.size() > 0;
  if (has_work && life_.look_again() == Next::hold) {
    poller_.go(task(&Connection::run_task));
  }
  return {};
}

void Connection::close() {
  settle(mark_closed());
}

// The first half of close(): marks the connection closed, wakes the threads
// that wait, and limits the time for output that is still unsent. Returns what
// settle(), the second half, is to be called with.
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

// To be called with the answer of an event of life_. If the event has given the
// key to this thread, does the work of the holder of the key. Runs no handler,
// since this may be a user's thread: a task does that.
void Connection::settle(Next event) {
  if (event == Next::hold) go_on(false);
}

// [holder of the key] Looks at the two halves and does what decide() answers,
// again and again, until decide() gives the key back, or the key goes to a
// task, or the connection is torn down. Without `runs_handlers` a task must
// call the handlers.
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
          // relaxed: begin_look() has ordered it; see add_ref().
          .held = users_.load(std::memory_order_relaxed) > 0};
  it.idle = stopping && answered_ && it.unread == 0 && output_.is_empty() &&
            os::bytes_waiting(fd()) == 0;
  return it;
}

// True if the peer has sent bytes that input_ does not count yet: the kernel
// holds them, or the poller has taken them and is about to commit them. The
// kernel is asked first, and input_ must be asked last. So bytes that go from
// one to the next meanwhile are not missed.
bool Connection::has_uncounted_input() const {
  return os::bytes_waiting(fd()) > 0 || is_entered();
}

Task Connection::task(void (Connection::*step)()) {
  return Step{Ref<FdOperator>::share(*this), step};
}

Result<UniqueFd> Connection::detach() {
  UniqueFd socket = take_socket();  // first, so close_socket() finds none
  const Next next = mark_closed();
  poller_.detach(*this);
  output_.drop_unattended();
  // Waits until no thread is inside a flush(). That is soon: mark_closed() has
  // woken a flush() that slept, and one that sends ends after its present turn.
  while (output_.is_busy())
    std::this_thread::yield();
  settle(next);
  // If a task had the key it may have looked before the output was dropped, and
  // have given the key up because of that output.
  settle(life_.look_again());
  if (!socket) return fail(Errc::conn_closed);
  return socket;
}

void Connection::stop() {
  settle(life_.stop());
}

void Connection::close_if_quiet(Quiet& quiet, Milliseconds grace) {
  if (!life_.try_hold()) return;
  const bool input_is_quiet = !has_uncounted_input() &&
                              quiet.look(input_.committed(), input_.size() > 0,
                                         Deadline::clock::now(), grace);
  // The result, what to do with the key, is not needed: try_hold() has taken
  // the key, and settle() below does the work of its holder.
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

// Sets the connection's only timer to the end of the linger wait or, when the
// connection does not linger, to the sooner of two moments: when the poller
// gives up output that no flush waits for, and when the idle timeout ends. A
// thread that changes one of the three calls this function, or sets the timer
// to now, so that on_timer() calls it.
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
  // Locked, so that no thread closes or detaches the descriptor meanwhile: its
  // number might then belong to another socket.
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
