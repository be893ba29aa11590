// SPDX-License-Identifier: Apache-2.0
// Who gets whose number. The poller runs on the test's own thread for a few
// turns, so that each run is the same.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "netpoll/os/eventfd.h"
#include "netpoll/poller/poller.h"
#include "support/net.h"

namespace {

// Comes once, in the middle of the next epoll_ctl that takes a number out.
std::function<void()> while_removing;

}  // namespace

// Stands before the system's.
extern "C" int epoll_ctl(int epoll, int operation, int fd,
                         epoll_event* event) noexcept {
  if (operation == EPOLL_CTL_DEL && while_removing)
    std::exchange(while_removing, nullptr)();
  return static_cast<int>(
      ::syscall(SYS_epoll_ctl, epoll, operation, fd, event));
}

namespace netpoll {
namespace {

using test::Pair;

// Each on_… function calls the action that the test has set for it.
struct Op final : FdOperator {
  explicit Op(int fd) : FdOperator(fd) {}
  void on_readable() override { readable(); }
  void on_writable() override { writable(); }
  void on_hangup() override {}
  void on_detached() override { detached(); }

  std::function<void()> readable = [] {};
  std::function<void()> writable = [] {};
  std::function<void()> detached = [] {};
};

// A connection whose peer has sent a byte.
Pair ready_pair() {
  Pair pair = test::socket_pair();
  EXPECT_TRUE(test::send_all(pair.far.get(), "x"));
  return pair;
}

// Closes `old`. A new connection gets its number, as the kernel might give it.
Pair replace(UniqueFd& old) {
  const int number = old.get();
  old.reset();
  Pair fresh = ready_pair();
  if (fresh.near.get() == number) return fresh;
  EXPECT_EQ(::dup3(fresh.near.get(), number, O_CLOEXEC), number);
  fresh.near = UniqueFd(number);
  return fresh;
}

class StaleExercise : public testing::Test {
 protected:
  ~StaleExercise() override { while_removing = nullptr; }

  // An operator that is readable in each turn counts the turns, and stops.
  void run_turns(int turns) {
    const UniqueFd event = *os::open_eventfd();
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(event.get(), &one, sizeof one), 8);
    const Ref<Op> clock = make_ref<Op>(event.get());
    clock->readable = [this, left = turns]() mutable {
      if (--left == 0) poller_->stop();
    };
    EXPECT_FALSE(poller_->add(*clock));
    poller_->run();
    poller_->detach(*clock);
  }

  InlineRunner runner_;
  std::unique_ptr<Poller> poller_ = *Poller::open(runner_);
  Pair pair_ = ready_pair();
  Ref<Op> op_ = make_ref<Op>(pair_.near.get());
};

TEST_F(StaleExercise, AWatchedOperatorIsServed) {
  int read = 0;
  int wrote = 0;
  op_->readable = [&] { ++read; };
  op_->writable = [&] { ++wrote; };
  ASSERT_FALSE(poller_->add(*op_));
  ASSERT_FALSE(poller_->watch_output(*op_, true));
  run_turns(2);
  EXPECT_EQ(read, 2) << "it was readable in two turns";
  EXPECT_EQ(wrote, 2) << "it was writable in two turns";
  poller_->detach(*op_);
}

TEST_F(StaleExercise, TheSecondEventOfABatchIsDropped) {
  Pair other = ready_pair();
  const Ref<Op> second = make_ref<Op>(other.near.get());
  Pair fresh;
  int late = 0;
  op_->readable = [&] {
    if (fresh.near) return;
    poller_->detach(*second);
    fresh = replace(other.near);
  };
  second->readable = [&] { ++late; };
  ASSERT_FALSE(poller_->add(*op_));
  ASSERT_FALSE(poller_->add(*second));
  run_turns(2);
  EXPECT_EQ(late, 0) << "the first event's handler detached the second "
                        "operator and closed its descriptor; the second event "
                        "called it nevertheless, on a stranger's number";
  poller_->detach(*op_);
}

TEST_F(StaleExercise, NothingFollowsInTheSameEventAfterADetach) {
  int late = 0;
  op_->readable = [&] {
    poller_->detach(*op_);
    pair_.near.reset();
  };
  op_->writable = [&] { ++late; };
  ASSERT_FALSE(poller_->add(*op_));
  ASSERT_FALSE(poller_->watch_output(*op_, true));
  run_turns(2);
  EXPECT_EQ(late, 0) << "on_readable() detached and closed; the same event "
                        "called on_writable() afterwards";
}

TEST_F(StaleExercise, NothingFollowsInTheSameEventAfterANoteOfAnother) {
  int late = 0;
  int promised = 0;
  op_->readable = [&] {
    std::jthread worker([&] { EXPECT_FALSE(poller_->detach_soon(*op_)); });
  };
  op_->writable = [&] { ++late; };
  op_->detached = [&] { ++promised; };
  ASSERT_FALSE(poller_->add(*op_));
  ASSERT_FALSE(poller_->watch_output(*op_, true));
  run_turns(2);
  EXPECT_EQ(late, 0) << "another thread called detach_soon() during "
                        "on_readable(); on_writable() was called after that";
  EXPECT_EQ(promised, 1) << "how often on_detached() was called";
  EXPECT_FALSE(poller_->watches(*op_)) << "nobody took the number out";
}

TEST_F(StaleExercise, ASecondDetachTakesOutNoStranger) {
  ASSERT_FALSE(poller_->add(*op_));
  poller_->detach(*op_);
  const Pair fresh = replace(pair_.near);
  const Ref<Op> stranger = make_ref<Op>(fresh.near.get());
  int served = 0;
  stranger->readable = [&] { ++served; };
  ASSERT_FALSE(poller_->add(*stranger));
  poller_->detach(*op_);
  run_turns(1);
  EXPECT_EQ(served, 1) << "the old operator was detached twice; the second "
                          "time its number belonged to a new connection, which "
                          "is in no epoll now";
  poller_->detach(*stranger);
}

TEST_F(StaleExercise, TheNumberIsOutOfTheEpollWhenTheLastCallComes) {
  Pair fresh;
  Ref<Op> stranger;
  int served = 0;
  op_->readable = [&] {
    std::jthread worker([&] { EXPECT_FALSE(poller_->detach_soon(*op_)); });
  };
  op_->detached = [&] {
    fresh = replace(pair_.near);
    stranger = make_ref<Op>(fresh.near.get());
    stranger->readable = [&] { ++served; };
    EXPECT_FALSE(poller_->add(*stranger));
  };
  ASSERT_FALSE(poller_->add(*op_));
  run_turns(2);
  ASSERT_TRUE(stranger) << "on_detached() was never called: who closes now?";
  EXPECT_EQ(served, 1) << "on_detached() closed the descriptor, and a new "
                          "connection got the number; after that the poller "
                          "took this number out of its epoll";
  poller_->detach(*stranger);
}

// The thread sleeps, as it does while it waits for a mutex.
bool is_asleep(pid_t thread) {
  std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(stat, text);
  const std::size_t name_end = text.rfind(')');
  return name_end != std::string::npos && text.substr(name_end, 3) == ") S";
}

TEST_F(StaleExercise, ASecondDetachDoesNotOvertakeTheFirst) {
  std::atomic<pid_t> number{0};
  std::atomic<bool> returned{false};
  std::jthread second;
  bool overtook = false;
  while_removing = [&] {
    second = std::jthread([&] {
      number = ::gettid();
      poller_->detach(*op_);
      returned = true;
    });
    EXPECT_TRUE(test::eventually([&] { return number != 0; }));
    EXPECT_TRUE(
        test::eventually([&] { return returned || is_asleep(number); }));
    overtook = returned;
  };
  ASSERT_FALSE(poller_->add(*op_));
  poller_->detach(*op_);
  second = {};
  EXPECT_FALSE(overtook) << "the first detach() was still in epoll_ctl when "
                            "the second one returned; its caller closes now";
}

}  // namespace
}  // namespace netpoll
