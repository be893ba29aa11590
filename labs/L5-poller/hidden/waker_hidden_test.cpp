// SPDX-License-Identifier: Apache-2.0
// Bursts of rings, as many as the seed says, and an answer after each. The test
// looks into the eventfd: it reads the counter, and writes it back.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "labs/seed.h"
#include "netpoll/os/eventfd.h"
#include "netpoll/poller/waker.h"

namespace netpoll {
namespace {

using test::Seeded;

class WakerHidden : public testing::Test {
 protected:
  // What epoll_wait would see.
  bool wakes() const {
    pollfd one{.fd = waker_.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 0) == 1;
  }
  // How many writes of 1 the kernel has; it has them afterwards as well.
  std::uint64_t counter() const {
    std::uint64_t count = 0;
    if (::read(waker_.fd(), &count, sizeof count) != sizeof count) return 0;
    const ssize_t n = ::write(waker_.fd(), &count, sizeof count);
    return n == sizeof count ? count : 0;
  }

  Waker waker_{*os::open_eventfd()};
};

TEST_F(WakerHidden, ABurstOfRingsIsOneWriteAndOneAnswer) {
  Seeded numbers("WakerHidden.Bursts");
  std::size_t burst = 0;
  for (const std::size_t rings : numbers.sizes(40, 1, 30)) {
    SCOPED_TRACE("burst " + std::to_string(++burst) + ", of " +
                 std::to_string(rings) + " rings");
    for (std::size_t i = 0; i < rings; ++i)
      waker_.ring();
    ASSERT_TRUE(wakes()) << "somebody rang, and the poller sleeps on";
    ASSERT_EQ(counter(), 1U) << "so often the eventfd was written to";
    waker_.answer();
    ASSERT_FALSE(wakes())
        << "answered, and the eventfd is still readable: no epoll_wait sleeps";
  }
}

}  // namespace
}  // namespace netpoll
