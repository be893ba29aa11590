// SPDX-License-Identifier: Apache-2.0
#include "lanes.h"

#include <cassert>
#include <utility>

using netpoll::Lock;
using netpoll::Task;

namespace {

// Also destroys the task: whoever waits for its place may rely on that.
void run(Task task, std::exception_ptr& thrown) {
  try {
    task();
  } catch (...) {
    thrown = std::current_exception();
  }
}

}  // namespace

Lanes::Lanes(netpoll::GoPool& pool, std::size_t at_most)
    : pool_(pool), at_most_(at_most) {
  assert(at_most > 0);
}

Lanes::~Lanes() {
  Lock lock(mutex_);
  while (places_ > 0)
    lock.wait(quiet_);
}

void Lanes::go(const std::string& kind, Task&& task) {
  Place at;
  {
    const Lock lock(mutex_);
    at = lanes_.try_emplace(kind).first;
    at->second.waiting.push_back(std::move(task));
    if (at->second.places >= at_most_) return;  // who has a place will take it
    ++at->second.places;
    ++places_;
  }
  if (pool_.go([this, at] { work(at); })) return;
  const Lock lock(mutex_);
  give_back(at);
}

// Runs on a worker, which has a place of this lane. After one task the next one
// goes through the queue of the pool: other kinds wait there as well. A pool
// that is stopped takes nothing any more; then this worker does it all.
void Lanes::work(Place at) {
  std::exception_ptr thrown;
  do {
    if (Task task = take(at)) run(std::move(task), thrown);
  } while (!leave(at) && !pool_.go([this, at] { work(at); }));
  // From here on this object may be gone.
  if (thrown) std::rethrow_exception(thrown);
}

// The task that has waited longest. None is left if another place of the lane
// was faster.
Task Lanes::take(Place at) {
  const Lock lock(mutex_);
  std::deque<Task>& waiting = at->second.waiting;
  if (waiting.empty()) return {};
  Task task = std::move(waiting.front());
  waiting.pop_front();
  return task;
}

// Gives the place back and returns true, unless a task waits.
bool Lanes::leave(Place at) {
  const Lock lock(mutex_);
  if (!at->second.waiting.empty()) return false;
  give_back(at);
  return true;
}

// Notifies under the lock: after the unlock this object may be gone.
void Lanes::give_back(Place at) {
  if (--at->second.places == 0 && at->second.waiting.empty()) lanes_.erase(at);
  if (--places_ == 0) quiet_.notify_all();
}

std::size_t Lanes::running(const std::string& kind) const {
  const Lock lock(mutex_);
  const auto at = lanes_.find(kind);
  return at == lanes_.end() ? 0 : at->second.places;
}

std::size_t Lanes::waiting(const std::string& kind) const {
  const Lock lock(mutex_);
  const auto at = lanes_.find(kind);
  return at == lanes_.end() ? 0 : at->second.waiting.size();
}

std::size_t Lanes::kinds() const {
  const Lock lock(mutex_);
  return lanes_.size();
}
