// SPDX-License-Identifier: Apache-2.0
#include "counted.h"

#include <dlfcn.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace counted {

constinit std::atomic<int> sends{0};
constinit std::atomic<int> allocations{0};

}  // namespace counted

namespace {

template <class Function>
Function next_of(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// Used in place of the system's: they count, then call it.
extern "C" ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  using Send = ssize_t (*)(int, const void*, std::size_t, int);
  static const auto real = next_of<Send>("send");
  ++counted::sends;
  return real(fd, data, size, flags);
}
extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  using SendMsg = ssize_t (*)(int, const msghdr*, int);
  static const auto real = next_of<SendMsg>("sendmsg");
  ++counted::sends;
  return real(fd, message, flags);
}
void* operator new(std::size_t size) {
  ++counted::allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
