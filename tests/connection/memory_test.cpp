// SPDX-License-Identifier: Apache-2.0
//
// What an idle connection costs. A program of its own: it counts every byte
// that is allocated in it.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
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

using test::echo;
using test::eventually;

TEST(Memory, IdleConnectionFitsItsBudget) {
  constexpr int kConnections = 200;
  constexpr std::ptrdiff_t kBudget = 1024 + sizeof(Connection);
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 1});
  const Handlers handlers{.on_request = echo};
  std::atomic<int> over{0};
  std::vector<test::Pair> pairs;
  std::vector<Ref<Connection>> connections;
  const auto open_one = [&] {
    connections.push_back(make_ref<Connection>(
        *runtime, std::move(pairs.emplace_back(test::socket_pair()).near),
        Address(), handlers));
    ASSERT_FALSE(connections.back()->start([&](Connection&) { ++over; }));
    test::send_all(pairs.back().far.get(), "hello");
    ASSERT_EQ(test::receive(pairs.back().far.get(), 5), "hello");
    // The handler has returned: its task holds the connection no more.
    ASSERT_TRUE(eventually([&] { return connections.back()->holders() == 2; }));
  };
  pairs.reserve(kConnections + 1);
  connections.reserve(kConnections + 1);
  open_one();  // pays for the threads and for what they share
  const std::ptrdiff_t before = live;
  for (int i = 0; i < kConnections; ++i)
    open_one();
  const std::ptrdiff_t each = (live - before) / kConnections;
  RecordProperty("bytes", static_cast<int>(each));
  RecordProperty("sizeof", static_cast<int>(sizeof(Connection)));
  EXPECT_LE(each, kBudget);
  EXPECT_GE(each, static_cast<std::ptrdiff_t>(sizeof(Connection)));
  for (const Ref<Connection>& connection : connections)
    connection->close();
  EXPECT_TRUE(eventually([&] { return over == kConnections + 1; }));
}

}  // namespace
}  // namespace netpoll
