// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/event_loop.h"

#include <algorithm>
#include <utility>

#include "netpoll/base/log.h"

namespace netpoll {
namespace {

// A connection that has been quiet from one sweep to the next is idle.
constexpr std::chrono::milliseconds kSweep(20);

}  // namespace

EventLoop::EventLoop(Runtime& runtime, Handlers handlers,
                     ConnectionOptions options)
    : runtime_(runtime), handlers_(std::move(handlers)), options_(options) {}

EventLoop::~EventLoop() {
  stop_accepting();
  for (const Ref<Connection>& connection : connected())
    connection->close();
  wait_empty(kNever);
}

std::error_code EventLoop::start(Listener listener) {
  auto acceptor = make_ref<Acceptor>(
      runtime_, std::move(listener),
      [this](os::Accepted accepted) { adopt(std::move(accepted)); });
  const Lock lock(mutex_);
  if (stopping_) return Errc::conn_closed;
  if (const auto error = acceptor->start()) return error;
  acceptors_.push_back(std::move(acceptor));
  return {};
}

std::error_code EventLoop::serve(Listener listener) {
  if (const auto error = start(std::move(listener))) return error;
  Lock lock(mutex_);
  while (!over_)
    lock.wait(over_cv_);
  return result_;
}

// [poller of the acceptor]
void EventLoop::adopt(os::Accepted accepted) {
  auto connection = make_ref<Connection>(runtime_, std::move(accepted.fd),
                                         accepted.peer, handlers_, options_);
  {
    const Lock lock(mutex_);
    registry_.emplace(connection.get(), connection);
  }
  const auto error = connection->start([this](Connection& it) { forget(it); });
  // A close in on_prepare is no failure.
  if (error && error != Errc::conn_closed) log::warn("epoll_ctl", error);
}

// [whoever tore it down]
void EventLoop::forget(Connection& connection) {
  Ref<Connection> last;  // goes after the lock
  const Lock lock(mutex_);
  const auto found = registry_.find(&connection);
  last = std::move(found->second);
  registry_.erase(found);
  // Under the lock: the loop may be gone as soon as the registry is empty.
  if (registry_.empty()) emptied_.notify_all();
}

void EventLoop::stop_accepting() {
  // Whoever returns from here knows that nothing is adopted any more.
  const Lock one(stop_mutex_);
  std::vector<Ref<Acceptor>> acceptors;
  {
    const Lock lock(mutex_);
    stopping_ = true;
    acceptors.swap(acceptors_);
  }
  // Outside the lock, which adopt() takes on the acceptor's poller.
  for (const Ref<Acceptor>& acceptor : acceptors)
    acceptor->stop();
}

std::error_code EventLoop::shutdown(std::chrono::milliseconds limit) {
  const Deadline deadline = deadline_after(limit);
  stop_accepting();
  bool empty = false;
  int sweeps = 0;
  do {
    for (const Ref<Connection>& connection : connected()) {
      connection->close_if_quiet();
    }
    empty = wait_empty(std::min(deadline_after(kSweep), deadline));
    ++sweeps;  // the second is the first that can find somebody quiet
  } while (!empty && (sweeps < 2 || Deadline::clock::now() < deadline));

  const auto result =
      empty ? std::error_code() : make_error_code(std::errc::timed_out);
  const Lock lock(mutex_);
  if (!over_) result_ = result;  // serve() ended by the first
  over_ = true;
  over_cv_.notify_all();
  return result;
}

std::size_t EventLoop::active() const {
  const Lock lock(mutex_);
  return registry_.size();
}

std::vector<Ref<Connection>> EventLoop::connected() const {
  std::vector<Ref<Connection>> all;
  const Lock lock(mutex_);
  all.reserve(registry_.size());
  for (const auto& [key, connection] : registry_)
    all.push_back(connection);
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
