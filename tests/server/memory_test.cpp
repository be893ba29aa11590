// SPDX-License-Identifier: Apache-2.0
//
// What an idle connection costs. A program of its own: it counts every byte
// that is allocated in it.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "netpoll/connection/connection.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/server/event_loop.h"
#include "server/support.h"
#include "support/echo.h"
#include "support/net.h"

namespace {

// Bytes that are allocated at the moment.
std::atomic<std::ptrdiff_t> live{0};

void* count(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  live += static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
  return memory;
}

void discount(void* memory) {
  live -= static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return count(std::malloc(size));
}
// libstdc++ takes the room for a stable sort from this one.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* const memory = std::malloc(size);
  return memory == nullptr ? nullptr : count(memory);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  void* memory = nullptr;
  const auto bytes = static_cast<std::size_t>(alignment);
  return count(::posix_memalign(&memory, bytes, size) == 0 ? memory : nullptr);
}
void operator delete(void* memory) noexcept {
  discount(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  discount(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  discount(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  discount(memory);
}

namespace netpoll {
namespace {

using test::eventually;

// All that is allocated: by operator new, and blocks of the pool that are in
// use. Blocks that the pool keeps free are shared by all connections.
std::ptrdiff_t in_use() {
  return live + static_cast<std::ptrdiff_t>(mcache::stats().in_use_bytes);
}

// Broken variant: LinkBuffer::release() keeps the last block of an empty
// buffer. Each connection then holds 8 KiB more.
TEST(Memory, IdleConnectionFitsItsBudget) {
  constexpr int kConnections = 200;
  constexpr std::ptrdiff_t kBudget = 1024;
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 1});
  std::atomic<int> served{0};
  EventLoop loop(*runtime, {.on_request = [&](Connection& conn) {
    test::echo(conn);
    ++served;
  }});
  Listener listener = *Listener::listen(
      "unix", "@netpoll-memory-" + std::to_string(::getpid()));
  const Address address = listener.address();
  ASSERT_FALSE(loop.start(std::move(listener)));
  std::vector<UniqueFd> clients;
  clients.reserve(kConnections + 1);
  const auto open_one = [&] {
    clients.push_back(test::client_of(address));
    test::send_all(clients.back().get(), "hello");
    ASSERT_EQ(test::receive(clients.back().get(), 5), "hello");
    ASSERT_TRUE(
        eventually([&] { return served == static_cast<int>(clients.size()); }));
  };
  open_one();  // pays for the threads and for what they share
  ASSERT_TRUE(eventually([&] { return runtime->workers().idle_count() > 0; }));
  const std::ptrdiff_t before = in_use();
  for (int i = 0; i < kConnections; ++i)
    open_one();
  // Every handler has returned: its task holds its connection no more.
  ASSERT_TRUE(eventually([&] {
    const GoPool::Stats stats = runtime->workers().stats();
    return stats.idle == stats.workers && stats.queued == 0;
  }));
  const std::ptrdiff_t each = (in_use() - before) / kConnections;
  RecordProperty("bytes", static_cast<int>(each));
  RecordProperty("sizeof", static_cast<int>(sizeof(Connection)));
  std::printf("an idle connection: %d bytes, of which the object %zu\n",
              static_cast<int>(each), sizeof(Connection));
  EXPECT_LE(each, kBudget);
  EXPECT_GE(each, static_cast<std::ptrdiff_t>(sizeof(Connection)));
  EXPECT_LE(sizeof(Connection), 1024u);
}

}  // namespace
}  // namespace netpoll
