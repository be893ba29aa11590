// SPDX-License-Identifier: Apache-2.0
//
// Waker::ring() and Poller::detach(), called by several threads at once. The
// comment above each test describes the broken variant that the test finds.
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

// Waits until a ring() has come; false when none comes for test::kPatience.
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
// second. A ring in between is then lost, and the poller sleeps for ever. The
// counter is relaxed: ring() and answer() alone must make it visible.
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
  // Stops this thread, also between the two steps of answer().
  const test::Jolts jolts(::pthread_self());
  std::uint64_t seen = 0;
  while (seen < kRingers * kRounds && wait_rung(waker)) {
    waker.answer();
    seen = work.load(std::memory_order_relaxed);
  }
  give_up = true;
  EXPECT_EQ(seen, kRingers * kRounds);
}

// Broken variant: FdState::detach() does not wait while the poller is inside.
// Then `inside` can be 1 after a detach(), and TSan reports a race on `used`.
TEST(PollerStress, NobodyIsInsideAfterDetach) {
  GoPool pool;
  PoolRunner runner{pool};
  const auto group = *PollerGroup::start(runner, {.count = 1});
  int still_inside = 0;
  for (int round = 0; round < 500; ++round) {
    test::Pair pair = test::socket_pair();
    test::send_all(pair.far.get(), "x");  // never read: reported in each turn
    const Ref<Op> op = make_ref<Op>(pair.near.get());
    std::atomic<int> inside{0};
    std::atomic<int> calls{0};
    int used = 0;  // not atomic: detach() alone orders its uses
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
