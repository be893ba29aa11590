// SPDX-License-Identifier: Apache-2.0
//
// What the runtime adds to the pool that runs its handlers.
#include "netpoll/connection/runtime.h"

#include <gtest/gtest.h>

#include <atomic>
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
