// SPDX-License-Identifier: Apache-2.0
//
// The doorbell and the detach, met by many threads at once. The broken variant
// of a test is described above it.
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <thread>
#include <vector>

#include "netpoll/os/eventfd.h"
#include "netpoll/poller/poller.h"
#include "netpoll/poller/poller_group.h"
#include "netpoll/poller/waker.h"
#include "poller/support.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;

// Waits for the bell; false when it stays silent for test::kPatience.
bool wait_rung(const Waker& waker) {
  pollfd wanted{.fd = waker.fd(), .events = POLLIN, .revents = 0};
  const Deadline end = test::soon();
  while (Deadline::clock::now() < end) {
    const int ready = ::poll(&wanted, 1, 1'000);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;  // EINTR: a jolt
  }
  return false;
}

// Broken variant: Waker::answer() clears rung_ first and reads the eventfd
// second. A ring in between is then swallowed, and the poller sleeps for ever.
// The counter is relaxed: the bell alone must show it.
TEST(PollerStress, NoRingIsLost) {
  constexpr int kRingers = 3;
  constexpr std::uint64_t kRounds = 6'000'000;
  Waker waker(*os::open_eventfd());
  std::atomic<std::uint64_t> work{0};
  std::atomic<bool> give_up{false};
  std::vector<std::jthread> ringers;
  for (int i = 0; i < kRingers; ++i) {
    ringers.emplace_back([&] {
      for (std::uint64_t round = 0; round < kRounds && !give_up; ++round) {
        work.fetch_add(1, std::memory_order_relaxed);
        waker.ring();
      }
    });
  }
  const test::Jolts jolts(::pthread_self());  // between answer()'s two steps
  std::uint64_t seen = 0;
  while (seen < kRingers * kRounds && wait_rung(waker)) {
    waker.answer();
    seen = work.load(std::memory_order_relaxed);
  }
  give_up = true;
  EXPECT_EQ(seen, kRingers * kRounds);
}

// Broken variant: FdOperator::detach() does not wait while the poller is
// inside. What on_readable() uses then goes away under it: the count of those
// inside is above zero after a detach, and TSan sees the race on `used`.
TEST(PollerStress, NobodyIsInsideAfterDetach) {
  GoPool pool;
  PoolRunner runner{pool};
  const auto group = *PollerGroup::start(runner, {.count = 1});
  int still_inside = 0;
  for (int round = 0; round < 500; ++round) {
    test::Pair pair = test::socket_pair();
    test::send_all(pair.far.get(), "x");  // reported in turn after turn
    const Ref<Op> op = make_ref<Op>(pair.near.get());
    std::atomic<int> inside{0};
    std::atomic<int> calls{0};
    int used = 0;  // plain: detach() alone orders it
    op->readable = [&](Op&) {
      ++inside;
      ++used;
      ++calls;
      --inside;
    };
    Poller& poller = group->next();
    ASSERT_FALSE(poller.add(*op));
    ASSERT_TRUE(eventually([&] { return calls > round % 3; }));
    std::jthread other([&] { poller.detach(*op); });
    poller.detach(*op);
    still_inside += inside;
    ++used;
  }
  EXPECT_EQ(still_inside, 0);
}

}  // namespace
}  // namespace netpoll
