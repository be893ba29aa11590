// SPDX-License-Identifier: Apache-2.0
#pragma once

// What of a server is alive, until the server has come to its end.
//
//    serving     add(it) … remove(it)        begun and ended, on any thread
//    the end     stop()                      add() refuses from now on
//                for (… : all()) …           each is told to end
//                wait_empty(until)           remove() of the last one wakes it
//
// A thing that add() has taken is in all() until its remove(): so whoever calls
// stop() and then all() misses none. No code of the things runs under the lock.

#include <cassert>
#include <condition_variable>
#include <unordered_map>
#include <utility>
#include <vector>

#include "netpoll/base/deadline.h"
#include "netpoll/base/mutex.h"
#include "netpoll/base/ref.h"

namespace netpoll::programs {

/// Holds a Ref of each T that is alive.
template <class T>
class Alive {
 public:
  /// Returns false, and does not hold `it`, after stop(). Requires: `it` is not
  /// held. [any]
  [[nodiscard]] bool add(Ref<T> it) {
    const Lock lock(mutex_);
    if (stopping_) return false;
    T* const key = it.get();
    [[maybe_unused]] const bool is_new =
        held_.emplace(key, std::move(it)).second;
    assert(is_new);
    return true;
  }
  /// Returns the Ref that was held: the caller drops it, perhaps as the last.
  /// Requires: `it` is held. [any]
  [[nodiscard]] Ref<T> remove(T& it) {
    const Lock lock(mutex_);
    auto found = held_.extract(&it);
    assert(!found.empty());
    // Under the lock: who waits in wait_empty() may then destroy this object.
    if (held_.empty()) emptied_.notify_all();
    return std::move(found.mapped());
  }

  /// Has add() refuse from now on. [any]
  void stop() {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  /// stop() was called. [any]
  bool is_stopping() const {
    const Lock lock(mutex_);
    return stopping_;
  }
  /// Those that are alive now, in any order. [any]
  std::vector<Ref<T>> all() const {
    std::vector<Ref<T>> copy;
    const Lock lock(mutex_);
    copy.reserve(held_.size());
    for (const auto& [_, it] : held_)
      copy.push_back(it);
    return copy;
  }
  /// Waits until none is alive. Returns false if some are when `until` has
  /// passed. [any]
  [[nodiscard]] bool wait_empty(Deadline until) const {
    Lock lock(mutex_);
    while (!held_.empty()) {
      if (until == kNever) {
        lock.wait(emptied_);
      } else if (!lock.wait_until(emptied_, until)) {
        break;
      }
    }
    return held_.empty();
  }

 private:
  mutable Mutex mutex_;
  mutable std::condition_variable emptied_;
  std::unordered_map<T*, Ref<T>> held_ NETPOLL_GUARDED_BY(mutex_);
  bool stopping_ NETPOLL_GUARDED_BY(mutex_) = false;
};

}  // namespace netpoll::programs
