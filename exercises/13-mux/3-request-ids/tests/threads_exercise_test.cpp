// SPDX-License-Identifier: Apache-2.0
// Several threads use one object.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "calls.h"
#include "calls_support.h"
#include "support.h"

namespace request_id::test {
namespace {

TEST(RequestIdThreads, ACallBesideAnEndIsToldOnce) {
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> made = 0;
    std::atomic<int> told = 0;
    std::atomic<bool> over = false;
    Calls calls([](auto) { return true; });
    std::thread caller([&] {
      while (!over && made < 500) {
        calls.call("x", [&](auto) { ++told; });
        ++made;
      }
    });
    while (made == 0)
      std::this_thread::yield();
    calls.end(Errc::eof);
    over = true;
    caller.join();
    ASSERT_TRUE(told == made && calls.waiting() == 0)
        << "one thread made calls, another called end() meanwhile; then a call "
           "still waited, or was told twice";
  }
}

TEST_F(RequestIdCalls, OfManyThreadsHaveIdsOfTheirOwn) {
  std::mutex mutex;
  send_ = [&](auto getter) {
    const std::lock_guard lock(mutex);
    getter(sent_);
    return true;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 50; ++n)
        calls_.call("x", [](auto) {});
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  std::set<std::uint64_t> ids;
  for (const auto& one : sent())
    ids.insert(one.id);
  EXPECT_EQ(ids.size(), 200U) << "four threads made 50 calls each";
  EXPECT_EQ(calls_.waiting(), 200U);
}

}  // namespace
}  // namespace request_id::test
