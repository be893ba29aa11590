// SPDX-License-Identifier: Apache-2.0
#include "used.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cstddef>

namespace {

std::atomic<unsigned long long> g_allocations{0};
std::atomic<unsigned long long> g_locks{0};
std::atomic<unsigned long long> g_copied{0};

void count(std::atomic<unsigned long long>& number, std::size_t by = 1) {
  number.fetch_add(by, std::memory_order_relaxed);
}

// The C library's own function, behind the one that is defined here.
template <class Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

Used Used::now() {
  return {g_allocations.load(), g_locks.load(), g_copied.load()};
}

extern "C" {

// glibc's names for its own malloc, calloc and realloc.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

void* malloc(std::size_t size) {
  count(g_allocations);
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count(g_allocations);
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  count(g_allocations);
  return __libc_realloc(memory, size);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static auto* const lock =
      original<int(pthread_mutex_t*)>("pthread_mutex_lock");
  count(g_locks);
  return lock(mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  static auto* const lock =
      original<int(pthread_mutex_t*)>("pthread_mutex_trylock");
  count(g_locks);
  return lock(mutex);
}

void* memmove(void* to, const void* from, std::size_t size) {
  static auto* const move =
      original<void*(void*, const void*, std::size_t)>("memmove");
  count(g_copied, size);
  return move(to, from, size);
}
void* memcpy(void* to, const void* from, std::size_t size) {
  return memmove(to, from, size);
}

}  // extern "C"
