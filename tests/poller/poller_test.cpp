// SPDX-License-Identifier: Apache-2.0
#include "netpoll/poller/poller.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/os/eventfd.h"
#include "netpoll/poller/poller_group.h"
#include "poller/support.h"
#include "support/net.h"

namespace netpoll {

namespace {

using test::FdsBalance;
using test::Pair;
using test::send_all;
using test::socket_pair;

bool is_readable(int fd) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, 0) > 0;
}

TEST(Waker, AddsRingsUpToOneWrite) {
  const FdsBalance balance;
  Waker waker(*os::open_eventfd());
  EXPECT_FALSE(is_readable(waker.fd()));
  waker.ring();
  waker.ring();
  EXPECT_TRUE(is_readable(waker.fd()));
  waker.answer();  // its assert() fails unless the counter is one
  EXPECT_FALSE(is_readable(waker.fd()));
}

TEST(Waker, RingsAgainAfterAnAnswer) {
  Waker waker(*os::open_eventfd());
  waker.ring();
  waker.answer();
  waker.ring();
  EXPECT_TRUE(is_readable(waker.fd()));
}

TEST_F(PollerTest, ReportsInput) {
  Trigger seen;
  op->readable = [&](Op& it) {
    take_input(it);
    seen.pull();
  };
  ASSERT_FALSE(poller->add(*op));
  send_all(pair.far.get(), "x");
  EXPECT_TRUE(seen.wait_until(test::soon()));
  poller->detach(*op);
}

TEST_F(PollerTest, ReportsRoomOnlyWhileItIsWatchedFor) {
  std::atomic<int> rooms{0};
  Trigger seen;
  op->writable = [&](Op& it) {
    ++rooms;
    static_cast<void>(poller->watch_output(it, false));
    seen.pull();
  };
  ASSERT_FALSE(poller->add(*op));
  ASSERT_FALSE(poller->watch_output(*op, true));
  EXPECT_TRUE(seen.wait_until(test::soon()));
  poller->detach(*op);
  EXPECT_EQ(rooms, 1);
}

// epoll_ctl fails for a number that is closed, so it shows where it is called.
// The same socket gets the number back in the end, and epoll still knows it.
TEST_F(PollerTest, ChangesInEpollOnlyWhatIsNotYetAsWanted) {
  const int number = ::dup(pair.near.get());
  const Ref<Op> copy = make_ref<Op>(number);
  Trigger seen;
  copy->writable = [&](Op& it) {
    poller->detach(it);
    seen.pull();
  };
  ASSERT_FALSE(poller->add(*copy));
  ::close(number);
  EXPECT_FALSE(poller->watch_input(*copy, true));
  EXPECT_FALSE(poller->watch_output(*copy, false));
  EXPECT_EQ(poller->watch_output(*copy, true), std::errc::bad_file_descriptor);
  ::dup2(pair.near.get(), number);
  EXPECT_FALSE(poller->watch_output(*copy, true));
  EXPECT_TRUE(seen.wait_until(test::soon()));
  ::close(number);
}

TEST_F(PollerTest, ReportsAHangUpWithoutInputAsOne) {
  Trigger seen;
  op->hangup = [&](Op& it) {
    poller->detach(it);
    seen.pull();
  };
  ASSERT_FALSE(poller->add(*op));
  ASSERT_FALSE(poller->watch_input(*op, false));
  pair.far.reset();
  EXPECT_TRUE(seen.wait_until(test::soon()));
}

TEST_F(PollerTest, ReportsInputBeforeTheHangUpThatCameWithIt) {
  send_all(pair.far.get(), "x");
  pair.far.reset();
  std::string order;
  Trigger over;
  op->readable = [&](Op& it) {
    order += 'r';
    take_input(it);
    static_cast<void>(poller->watch_input(it, false));
  };
  op->hangup = [&](Op& it) {
    order += 'h';
    poller->detach(it);
    over.pull();
  };
  ASSERT_FALSE(poller->add(*op));
  EXPECT_TRUE(over.wait_until(test::soon()));
  EXPECT_EQ(order, "rh");
}

TEST_F(PollerTest, DefersTasksToTheWorkers) {
  Trigger ran;
  std::thread::id worker;
  op->readable = [&](Op& it) {
    take_input(it);
    poller->defer([&] {
      worker = std::this_thread::get_id();
      ran.pull();
    });
  };
  ASSERT_FALSE(poller->add(*op));
  send_all(pair.far.get(), "x");
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_NE(worker, thread.get_id());
  poller->detach(*op);
}

// What the poller calls for an event of which the first function detaches.
class DetachingPollerTest : public PollerTest {
 protected:
  // Adds `op` for input and output inside a turn, so that the next epoll_wait
  // is the first to report it, with both in one event.
  void report_both(bool input) {
    on_poller([&] {
      ASSERT_FALSE(poller->add(*op));
      ASSERT_FALSE(poller->watch_input(*op, input));
      ASSERT_FALSE(poller->watch_output(*op, true));
    });
    EXPECT_TRUE(test::eventually([&] { return op->holders() == 1; }));
  }

  std::string calls;  // after the detach
};

// Broken variant of both: dispatch() calls on_writable() whatever the function
// before it has done.
TEST_F(DetachingPollerTest, OnReadableThatDetachesIsTheLastCall) {
  op->readable = [&](Op& it) {
    poller->detach(it);
    calls += 'r';
  };
  op->writable = [&](Op&) { calls += 'w'; };
  send_all(pair.far.get(), "x");
  report_both(true);
  EXPECT_EQ(calls, "r");
}

TEST_F(DetachingPollerTest, OnHangupThatDetachesIsTheLastCall) {
  op->hangup = [&](Op& it) {
    poller->detach(it);
    calls += 'h';
  };
  op->writable = [&](Op&) { calls += 'w'; };
  pair.far.reset();
  report_both(false);
  EXPECT_EQ(calls, "h");
}

// Puts another file in the place of every epoll of this process.
void break_epolls() {
  const UniqueFd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<int> epolls;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto what = std::filesystem::read_symlink(entry, gone);
    if (what == "anon_inode:[eventpoll]") {
      epolls.push_back(std::stoi(entry.path().filename()));
    }
  }
  for (const int fd : epolls)
    ::dup2(other.get(), fd);
}

// Broken variant: run() returns, and no event is seen again.
TEST(PollerDeathTest, E2Row15AnEpollThatFailsEndsTheProcessWithAWord) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        GoPool pool;
        PoolRunner runner(pool);
        const auto poller = *Poller::open(runner);
        break_epolls();
        poller->run();
      },
      "epoll_wait refused its arguments");
}

// Broken variant: defer() changes the poller's batch_ without a lock.
TEST(PollerDeathTest, DeferOnAnotherThreadEndsADevelopmentBuild) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  InlineRunner runner;
  const auto poller = *Poller::open(runner);
  EXPECT_DEBUG_DEATH(poller->defer([] {}), "on_poller_thread");
}

// Broken variant of both: the thread waits for its own end.
TEST(PollerDeathTest, GroupThatItsOwnPollerDestroysEndsTheProcessWithAWord) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        InlineRunner runner;
        auto group = *PollerGroup::start(runner);
        group->next().go([&] { group.reset(); });
        EXPECT_TRUE(Trigger().wait_until(test::soon()));
      },
      "a poller's thread cannot destroy its own group");
}

TEST(PollerDeathTest, PollerThatItsOwnTaskDestroysEndsTheProcessWithAWord) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        InlineRunner runner;
        auto poller = *Poller::open(runner);
        poller->go([&] { poller.reset(); });
        poller->run();
      },
      "a poller cannot destroy itself inside run");
}

TEST_F(PollerTest, RefusesADescriptorThatEpollRefuses) {
  const Ref<Op> bad = make_ref<Op>(-1);
  EXPECT_EQ(poller->add(*bad), std::errc::bad_file_descriptor);
  EXPECT_EQ(bad->holders(), 1u);
  poller->detach(*bad);
}

TEST(PollerGroup, GivesEachPollerInTurn) {
  const FdsBalance balance;
  GoPool pool;
  PoolRunner runner{pool};
  const auto group = *PollerGroup::start(runner, {.count = 3});
  EXPECT_EQ(group->size(), 3u);
  Poller* const a = &group->next();
  Poller* const b = &group->next();
  Poller* const c = &group->next();
  EXPECT_EQ(std::set({a, b, c}).size(), 3u);
  EXPECT_EQ(&group->next(), a);
  EXPECT_EQ(&group->next(), b);
  EXPECT_EQ(&group->next(), c);
}

TEST(PollerGroup, HasOneAtLeast) {
  GoPool pool;
  PoolRunner runner{pool};
  EXPECT_EQ((*PollerGroup::start(runner, {.count = 0}))->size(), 1u);
}

}  // namespace
}  // namespace netpoll
