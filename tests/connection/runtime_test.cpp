// SPDX-License-Identifier: Apache-2.0
//
// What the runtime adds to the pool that runs its handlers, and to its pollers.
#include "netpoll/connection/runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "netpoll/base/trigger.h"
#include "netpoll/mcache/mcache.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;

constexpr std::size_t kBlock = 64 * 1024;

// A worker frees what another thread has allocated.
TEST(Runtime, SleepingWorkersKeepLittleMemory) {
  std::vector<mcache::Memory> blocks;
  Trigger freed;
  const auto runtime = *Runtime::start({.pollers = 1});
  const std::size_t before = mcache::stats().kept_bytes;
  while (blocks.size() < 32)  // as many of this size as one thread may keep
    blocks.push_back(mcache::malloc(kBlock, kBlock));
  ASSERT_TRUE(runtime->workers().go([&] {
    for (const mcache::Memory block : blocks)
      mcache::free(block);
    freed.pull();
  }));
  freed.wait();
  EXPECT_TRUE(eventually(
      [&] { return mcache::stats().kept_bytes <= before + kBlock; }));
}

// A block that was in the centre at the trim() before goes to the system in the
// next one, and that one is the runtime's.
TEST(Runtime, APollerThatHasWorkTrimsTheMemory) {
  const auto runtime =
      *Runtime::start({.pollers = 1,
                       .runner = RunBy::inline_on_poller,
                       .pauses = {.tick = std::chrono::milliseconds(1)}});
  mcache::free(mcache::malloc(kBlock, kBlock));
  mcache::trim();
  const std::uint64_t before = mcache::stats().released;
  runtime->pollers().next().go([] {});  // wakes the poller: an event
  EXPECT_TRUE(eventually([&] { return mcache::stats().released > before; }));
}

TEST(Runtime, CallsTheUsersBeforeSleep) {
  std::atomic<int> slept{0};
  RuntimeOptions options{.pollers = 1};
  options.workers.before_sleep = [&] { ++slept; };
  const auto runtime = *Runtime::start(options);
  ASSERT_TRUE(runtime->workers().go([] {}));
  EXPECT_TRUE(eventually([&] { return slept > 0; }));
}

}  // namespace
}  // namespace netpoll
