// SPDX-License-Identifier: Apache-2.0
#pragma once

// Steps in between two instructions of a worker: just before it locks a mutex,
// or just after it has unlocked one. That is where another thread can come, so
// what a stress test needs many rounds to find is found in one.
//
// It replaces pthread_mutex_lock() and pthread_mutex_unlock() for this program.
// ThreadSanitizer has its own; there kCanStepIn is false.

#include <dlfcn.h>
#include <pthread.h>

#include <functional>
#include <utility>

namespace netpoll::test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kCanStepIn = false;
#else
inline constexpr bool kCanStepIn = true;
#endif

/// At which of the running thread's next crossings (1 is the first) what is
/// called, once.
struct StepIn {
  int left = 0;
  std::function<void()> what;

  ~StepIn() { left = 0; }
};
inline thread_local StepIn t_step_in;

inline void step_in_at(int crossing, std::function<void()> what) {
  t_step_in.what = std::move(what);
  t_step_in.left = crossing;
}

inline void cross() {
  if (t_step_in.left == 0 || --t_step_in.left > 0) return;
  std::exchange(t_step_in.what, nullptr)();
}

/// The function of the C library that we stand in front of.
inline int call_real(const char* name, pthread_mutex_t* mutex) {
  return reinterpret_cast<int (*)(pthread_mutex_t*)>(::dlsym(RTLD_NEXT, name))(
      mutex);
}

}  // namespace netpoll::test

#if !defined(__SANITIZE_THREAD__)
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  netpoll::test::cross();
  return netpoll::test::call_real("pthread_mutex_lock", mutex);
}
extern "C" int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int result = netpoll::test::call_real("pthread_mutex_unlock", mutex);
  netpoll::test::cross();
  return result;
}
#endif
