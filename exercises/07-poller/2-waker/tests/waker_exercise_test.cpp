// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for. This program's read and write stand before the
// system's: they write down what the Waker does, and let "another thread" come
// exactly there. So one thread is enough, and each run is the same.
#include "netpoll/poller/waker.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "netpoll/os/eventfd.h"

namespace {

using Action = std::function<void()>;

struct Spy {
  int fd = -1;  // the Waker's; others pass unseen
  std::vector<std::string> calls;
  Action before_read, after_read, after_write;  // each comes once
};
Spy spy;

void come(Action& action) {
  if (!action) return;
  std::exchange(action, nullptr)();
}

void note(const char* name, ssize_t result) {
  spy.calls.push_back(std::string(name) + " = " + std::to_string(result));
}

}  // namespace

extern "C" ssize_t read(int fd, void* room, size_t size) {
  if (fd == spy.fd) come(spy.before_read);
  const ssize_t n = ::syscall(SYS_read, fd, room, size);
  if (fd != spy.fd) return n;
  note("read", n);
  come(spy.after_read);
  return n;
}

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  const ssize_t n = ::syscall(SYS_write, fd, bytes, size);
  if (fd != spy.fd) return n;
  note("write", n);
  come(spy.after_write);
  return n;
}

extern "C" int eventfd_read(int fd, eventfd_t* count) {
  return ::read(fd, count, sizeof *count) == sizeof *count ? 0 : -1;
}

extern "C" int eventfd_write(int fd, eventfd_t count) {
  return ::write(fd, &count, sizeof count) == sizeof count ? 0 : -1;
}

namespace netpoll {
namespace {

using Calls = std::vector<std::string>;

class WakerExercise : public testing::Test {
 protected:
  WakerExercise() { spy = {.fd = waker_.fd()}; }
  ~WakerExercise() override { spy = {}; }

  // What epoll_wait would see.
  bool wakes() const {
    pollfd one{.fd = waker_.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 0) == 1;
  }

  Waker waker_{*os::open_eventfd()};
};

TEST_F(WakerExercise, ARingWakesThePoller) {
  waker_.ring();
  EXPECT_EQ(spy.calls, Calls({"write = 8"}));
  EXPECT_TRUE(wakes()) << "somebody rang, and the poller sleeps on";
}

TEST_F(WakerExercise, TenThousandRingsCostOneWrite) {
  for (int i = 0; i < 10'000; ++i)
    waker_.ring();
  EXPECT_EQ(spy.calls.size(), 1U) << "how many system calls 10,000 rings cost";
}

TEST_F(WakerExercise, AnAnswerLetsThePollerSleepAgain) {
  waker_.ring();
  waker_.answer();
  EXPECT_FALSE(wakes())
      << "the eventfd is still readable: each epoll_wait returns at once";
}

TEST_F(WakerExercise, AnAnswerCostsOneRead) {
  waker_.ring();
  waker_.answer();
  EXPECT_EQ(spy.calls, Calls({"write = 8", "read = 8"}));
}

TEST_F(WakerExercise, ARingAfterAnAnswerWakesAgain) {
  waker_.ring();
  waker_.answer();
  waker_.ring();
  EXPECT_TRUE(wakes()) << "the first ring woke the poller, the second did not";
}

TEST_F(WakerExercise, ARingBeforeTheReadIsNotTheLastThatWakes) {
  waker_.ring();
  spy.before_read = [&] { waker_.ring(); };  // another thread
  waker_.answer();
  waker_.ring();
  EXPECT_TRUE(wakes()) << "another thread rang while answer() was about to "
                          "read; since then nobody can wake the poller";
}

TEST_F(WakerExercise, ARingAfterTheReadIsNotTheLastThatWakes) {
  waker_.ring();
  spy.after_read = [&] { waker_.ring(); };  // another thread
  waker_.answer();
  waker_.ring();
  EXPECT_TRUE(wakes()) << "another thread rang when answer() had just read; "
                          "since then nobody can wake the poller";
}

TEST_F(WakerExercise, AnAnswerBeforeTheRingReturnsLosesNothing) {
  spy.after_write = [&] { waker_.answer(); };  // the poller is quick
  waker_.ring();
  waker_.ring();
  EXPECT_TRUE(wakes()) << "the poller answered before ring() returned; since "
                          "then nobody can wake the poller";
}

}  // namespace
}  // namespace netpoll
