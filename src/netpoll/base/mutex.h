// SPDX-License-Identifier: Apache-2.0
#pragma once

// std::mutex with annotations, by which Clang checks at compile time that a
// variable marked GUARDED_BY is used only under its mutex.
//
//    Mutex mutex_;
//    int count_ NETPOLL_GUARDED_BY(mutex_);
//    ...
//    const Lock lock(mutex_);   // until the end of the block
//    ++count_;

#include <cassert>
#include <condition_variable>
#include <mutex>

#include "netpoll/base/thread_annotations.h"

namespace netpoll {

/// A mutex: one thread holds it at a time. A thread that holds it must not lock
/// it again. Use Lock rather than the functions of this class.
class NETPOLL_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  /// Waits until no other thread holds the mutex, then holds it. [any]
  void lock() NETPOLL_ACQUIRE() { mutex_.lock(); }
  /// Lets another thread lock the mutex. [the thread that locked]
  void unlock() NETPOLL_RELEASE() { mutex_.unlock(); }
  /// As lock(), but does not wait: returns false if another thread holds the
  /// mutex. [any]
  [[nodiscard]] bool try_lock() NETPOLL_TRY_ACQUIRE(true) {
    return mutex_.try_lock();
  }

  /// The std::mutex inside, by which Lock waits on a condition variable. [any]
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

/// Locks a Mutex in the constructor and unlocks it in the destructor. wait()
/// unlocks the mutex while the thread sleeps on a condition variable. The same
/// thread makes, uses and destroys a Lock.
class NETPOLL_SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) NETPOLL_ACQUIRE(mutex) : lock_(mutex.native()) {}
  ~Lock() NETPOLL_RELEASE() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Unlocks the mutex now; the destructor then does nothing. Requires: this
  /// Lock holds the mutex. [the thread that locked]
  void unlock() NETPOLL_RELEASE() { lock_.unlock(); }

  /// Unlocks the mutex, sleeps until `condition` is notified, and locks the
  /// mutex again. A sleep may also end for no reason, so the caller checks in a
  /// loop what it waits for. [the thread that locked]
  void wait(std::condition_variable& condition) {
    assert(lock_.owns_lock());
    condition.wait(lock_);
  }

  /// Unlocks the mutex, sleeps until `condition` is notified or `deadline` has
  /// passed, and locks the mutex again. Returns false if `deadline` ended the
  /// sleep. A sleep may also end for no reason. [the thread that locked]
  template <class TimePoint>
  [[nodiscard]] bool wait_until(std::condition_variable& condition,
                                TimePoint deadline) {
    assert(lock_.owns_lock());
    return condition.wait_until(lock_, deadline) == std::cv_status::no_timeout;
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace netpoll
