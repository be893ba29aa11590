// SPDX-License-Identifier: Apache-2.0
//
// In what batches a poller hands over the tasks of one turn.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "netpoll/os/eventfd.h"
#include "poller/support.h"

namespace netpoll {
namespace {

using Sizes = std::vector<std::size_t>;
constexpr std::size_t kKib = 1024;

// Runs each batch where it is, and writes down how many tasks it had.
class Written final : public Runner {
 public:
  Ran run(std::span<Task> batch) override {
    sizes.push_back(batch.size());
    return InlineRunner().run(batch);
  }
  bool go(Task&) override { return false; }

  Sizes sizes;
};

// The batches of one turn in which `count` operators have input. `readable` is
// what the i-th of them does.
Sizes batches(std::size_t count,
              const std::function<void(Poller&, std::size_t)>& readable) {
  Written runner;
  const auto poller = *Poller::open(runner);
  std::vector<UniqueFd> events;
  std::vector<Ref<Op>> ops;
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back(*os::open_eventfd());
    ops.push_back(make_ref<Op>(events.back().get()));
    ops.back()->readable = [&, i](Op&) {
      readable(*poller, i);
      poller->stop();  // run() returns at the end of this turn
    };
    EXPECT_FALSE(poller->add(*ops.back()));
    EXPECT_EQ(::eventfd_write(events.back().get(), 1), 0);
  }
  poller->run();
  for (const Ref<Op>& op : ops)
    poller->detach(*op);
  std::erase(runner.sizes, 0);  // the last look for tasks, when run() returns
  return runner.sizes;
}

TEST(Batch, FewTasksWaitForTheEndOfTheTurn) {
  const auto bring_one = [](Poller& poller, std::size_t) {
    poller.count_read(kKib);
    poller.defer([] {});
  };
  EXPECT_EQ(batches(63, bring_one), (Sizes{63}));
}

TEST(Batch, HasSixtyFourTasksAtMost) {
  const auto bring_one = [](Poller& poller, std::size_t) {
    poller.defer([] {});
  };
  EXPECT_EQ(batches(100, bring_one), (Sizes{64, 36}));
}

// The workers find the bytes in the cache, if not too many were read before.
TEST(Batch, IsHandedOverWith256KibOfInput) {
  const auto bring_much = [](Poller& poller, std::size_t) {
    poller.count_read(64 * kKib);
    poller.defer([] {});
  };
  EXPECT_EQ(batches(10, bring_much), (Sizes{4, 4, 2}));
}

// A handler that runs already takes what was read: no task waits for it.
TEST(Batch, BytesWithoutATaskDoNotCount) {
  std::size_t called = 0;
  const auto bring_some = [&called](Poller& poller, std::size_t) {
    poller.count_read(64 * kKib);
    if (called++ % 2 == 0) poller.defer([] {});
  };
  EXPECT_EQ(batches(14, bring_some), (Sizes{4, 3}));
}

// What an event has read does not count for the task of the next one.
TEST(Batch, ATaskWithoutBytesCountsAsOne) {
  const auto bring_some = [](Poller& poller, std::size_t i) {
    if (i == 0) poller.count_read(255 * kKib);
    poller.defer([] {});
  };
  EXPECT_EQ(batches(10, bring_some), (Sizes{10}));
}

}  // namespace
}  // namespace netpoll
