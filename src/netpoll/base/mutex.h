// SPDX-License-Identifier: Apache-2.0
#pragma once

// std::mutex with the annotations that let Clang check GUARDED_BY.
//
//    Mutex mutex_;
//    int count_ NETPOLL_GUARDED_BY(mutex_);
//    ...
//    const Lock lock(mutex_);   // until the end of the block
//    ++count_;

#include <condition_variable>
#include <mutex>

#include "netpoll/base/thread_annotations.h"

namespace netpoll {

class NETPOLL_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() NETPOLL_ACQUIRE() { mutex_.lock(); }
  void unlock() NETPOLL_RELEASE() { mutex_.unlock(); }
  bool try_lock() NETPOLL_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class Lock;
  std::mutex mutex_;
};

/// Holds a Mutex until the end of the block; also what a condition variable
/// waits with. Not shared between threads.
class NETPOLL_SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) NETPOLL_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~Lock() NETPOLL_RELEASE() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Lets go early. [the thread that locked]
  void unlock() NETPOLL_RELEASE() { lock_.unlock(); }

  /// Sleeps until `condition` is notified; may wake without a reason, so the
  /// caller loops over what it waits for. The mutex is held again on return.
  void wait(std::condition_variable& condition) { condition.wait(lock_); }

  /// As wait(), but not beyond `deadline`. Returns false once it has passed.
  template <class TimePoint>
  bool wait_until(std::condition_variable& condition, TimePoint deadline) {
    return condition.wait_until(lock_, deadline) == std::cv_status::no_timeout;
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace netpoll
