// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/event_loop.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "netpoll/base/check.h"
#include "netpoll/base/log.h"

namespace netpoll {
namespace {

// shutdown() looks at all connections again and again, with this pause between
// two looks (sweeps). A connection that was quiet from one sweep to the next is
// idle.
constexpr std::chrono::milliseconds kSweep(20);

}  // namespace

EventLoop::EventLoop(Runtime& runtime, Handlers handlers,
                     ConnectionOptions options)
    : runtime_(runtime), handlers_(std::move(handlers)), options_(options) {}

EventLoop::~EventLoop() {
  check(!runtime_.on_own_thread(),
        "~EventLoop inside a handler would wait for that handler for ever");
  stop_accepting();
  for (const Entry& entry : connected()) {
    entry.connection->set_linger(std::chrono::milliseconds(0));
    entry.connection->close();
  }
  wait_empty(kNever);
}

std::error_code EventLoop::start(Listener listener) {
  auto acceptor = make_ref<Acceptor>(runtime_, std::move(listener),
                                     [this](os::Accepted accepted) {
                                       register_and_start(std::move(accepted));
                                     });
  const Lock lock(mutex_);
  if (stopping_) return Errc::conn_closed;
  if (const auto error = acceptor->start()) return error;
  acceptors_.push_back(std::move(acceptor));
  return {};
}

std::error_code EventLoop::serve(Listener listener) {
  if (runtime_.on_own_thread()) return Errc::would_block;
  if (const auto error = start(std::move(listener))) return error;
  Lock lock(mutex_);
  while (!over_)
    lock.wait(over_cv_);
  return result_;
}

// Makes a connection of a socket that was accepted, adds it to registry_ and
// starts it. [poller of the acceptor]
void EventLoop::register_and_start(os::Accepted accepted) {
  auto connection = make_ref<Connection>(runtime_, std::move(accepted.fd),
                                         accepted.peer, handlers_, options_);
  {
    const Lock lock(mutex_);
    assert(!over_);  // shutdown() has ended all accepting before
    registry_.emplace(connection.get(), connection);
  }
  const auto error =
      connection->start([this](Connection& it) { unregister(it); });
  // start() returns conn_closed after a close in on_prepare. The user wanted
  // that, so it is not logged.
  if (error && error != Errc::conn_closed) log::warn("epoll_ctl", error);
}

// Removes a finished connection from registry_. [the thread that has finished
// the connection]
void EventLoop::unregister(Connection& connection) {
  Ref<FdOperator> last;  // destroyed after the unlock
  const Lock lock(mutex_);
  const auto found = registry_.find(&connection);
  assert(found != registry_.end());  // `last` is called once
  last = std::move(found->second);
  registry_.erase(found);
  // Called under the lock: ~EventLoop may be waiting for an empty registry, and
  // destroys this loop as soon as it gets the lock.
  if (registry_.empty()) emptied_.notify_all();
}

void EventLoop::stop_accepting() {
  // Held to the end, so that a second caller, too, returns only when every
  // acceptor is stopped and no connection can be registered any more.
  const Lock one(stop_mutex_);
  std::vector<Ref<Acceptor>> acceptors;
  {
    const Lock lock(mutex_);
    stopping_ = true;
    acceptors.swap(acceptors_);
  }
  // Not under mutex_: stop() waits for the acceptor's poller, which may be
  // waiting for mutex_ in register_and_start().
  for (const Ref<Acceptor>& acceptor : acceptors)
    acceptor->stop();
}

std::error_code EventLoop::shutdown(std::chrono::milliseconds limit,
                                    std::chrono::milliseconds grace) {
  if (runtime_.on_own_thread()) return Errc::would_block;
  const Deadline deadline = deadline_after(limit);
  stop_accepting();
  const bool empty = close_gradually(deadline, grace);
  const auto result =
      empty ? std::error_code() : make_error_code(std::errc::timed_out);
  const Lock lock(mutex_);
  if (!over_) result_ = result;  // serve() returns the first
  over_ = true;
  over_cv_.notify_all();
  return result;
}

// Closes the quiet connections, again and again. Returns true when no
// connection is left, false at the deadline.
bool EventLoop::close_gradually(Deadline deadline,
                                std::chrono::milliseconds grace) {
  for (const Entry& entry : connected())
    entry.connection->stop();
  std::unordered_map<Connection*, Quiet> quiet;
  // Two sweeps even after the deadline: the first one cannot find a connection
  // quiet, since it only begins to watch its input.
  for (int sweeps = 0; sweeps < 2 || Deadline::clock::now() < deadline;
       ++sweeps) {
    for (const Entry& entry : connected())
      entry.connection->close_if_quiet(quiet[entry.connection], grace);
    if (wait_empty(std::min(deadline_after(kSweep), deadline))) return true;
  }
  return false;
}

std::size_t EventLoop::active() const {
  const Lock lock(mutex_);
  return registry_.size();
}

std::vector<EventLoop::Entry> EventLoop::connected() const {
  std::vector<Entry> all;
  const Lock lock(mutex_);
  all.reserve(registry_.size());
  for (const auto& [connection, held] : registry_)
    all.push_back({connection, held});
  return all;
}

bool EventLoop::wait_empty(Deadline until) const {
  Lock lock(mutex_);
  while (!registry_.empty()) {
    if (until == kNever) {
      lock.wait(emptied_);
    } else if (!lock.wait_until(emptied_, until)) {
      break;
    }
  }
  return registry_.empty();
}

}  // namespace netpoll
