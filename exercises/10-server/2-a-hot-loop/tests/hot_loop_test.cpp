// SPDX-License-Identifier: Apache-2.0
//
// Clients wait, and no descriptor is left. Nothing here is judged by a clock on
// the wall: a poller's turns, its timers and the lines of the log are counted.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/os/eventfd.h"
#include "netpoll/server/acceptor.h"
#include "server/support.h"
#include "support/fds.h"
#include "support/log_lines.h"
#include "support/sanitized.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience(test::kSanitized ? 20'000 : 2'000);

// Looks until `condition` holds; false when it does not within kPatience.
bool soon(const std::function<bool()>& condition) {
  return test::within(kPatience, condition);
}

// A clock that goes only while its poller does: a tick each 5 ms or later.
class Clock final : public FdOperator {
 public:
  Clock(UniqueFd fd, Poller& poller)
      : FdOperator(fd.get()), fd_(std::move(fd)), poller_(poller) {}

  void begin() {
    EXPECT_FALSE(poller_.add(*this));
    poller_.set_timer(*this, deadline_after(milliseconds(5)));
    EXPECT_TRUE(soon([this] { return ticks_ > 0; }));
  }
  void end() { poller_.detach(*this); }
  int ticks() const { return ticks_; }

 private:
  void on_readable() override {}
  void on_writable() override {}
  void on_hangup() override {}
  void on_timer() override {
    ++ticks_;
    poller_.set_timer(*this, deadline_after(milliseconds(5)));
  }

  const UniqueFd fd_;
  Poller& poller_;
  std::atomic<int> ticks_{0};
};

class HotLoop : public testing::Test {
 protected:
  HotLoop() {
    Listener listener = test::listen_anywhere();
    address = listener.address();
    acceptor = make_ref<Acceptor>(*runtime, std::move(listener),
                                  [this](os::Accepted it) {
                                    kept.push_back(std::move(it.fd));
                                    ++accepted;
                                  });
    for (int i = 0; i < 6; ++i)
      clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  // UBSan's first look at a class needs a descriptor; the tests have none.
  void SetUp() override {
    EXPECT_EQ(acceptor->address(), address);
    static_cast<FdOperator&>(*acceptor).on_readable();
    log::warn("before the shortage", "all is well");
    EXPECT_EQ(failures(), 0U);
    const std::error_code error(EMFILE, std::system_category());
    EXPECT_NE(error, std::errc::interrupted);
    clock->begin();
  }
  void TearDown() override { clock->end(); }

  // The next one of the six; its socket was opened in time.
  void one_connects() {
    const int fd = clients[connected++].get();
    EXPECT_EQ(::connect(fd, address.data(), address.size()), 0);
  }
  void five_connect() {
    while (connected < 5)
      one_connects();
  }
  // Waits for so many ticks of the poller's clock.
  bool ticks(int count) {
    const int end = clock->ticks() + count;
    return soon([&] { return clock->ticks() >= end; });
  }
  std::size_t failures() const { return lines.all().size() - 1; }

  const test::LogLines lines;
  std::vector<UniqueFd> kept;  // the poller's
  std::atomic<int> accepted{0};
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  Poller& poller = runtime->acceptors().next();
  Ref<Clock> clock = make_ref<Clock>(*os::open_eventfd(), poller);
  Address address;
  std::vector<UniqueFd> clients;
  std::size_t connected = 0;
  Ref<Acceptor> acceptor;
};

TEST_F(HotLoop, ThePollerSleepsWhileThereIsNoDescriptor) {
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    five_connect();
    const std::uint64_t before = poller.turns();
    EXPECT_TRUE(ticks(10));
    EXPECT_TRUE(poller.turns() - before < 100)
        << "no descriptor was left, and the poller made more than 100 turns in "
           "about 50 ms: epoll_wait does not sleep";
  }
  acceptor->stop();
}

TEST_F(HotLoop, AFailureIsSaidInTheLog) {
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    five_connect();
    EXPECT_TRUE(ticks(10));
    EXPECT_TRUE(failures() > 0)
        << "accept has failed, and nobody was told why clients wait";
  }
  acceptor->stop();
}

TEST_F(HotLoop, AFailureMakesNobodyElseWait) {
  five_connect();
  rusage before{};
  rusage after{};
  {
    const test::NoMoreFds limit;
    ::getrusage(RUSAGE_THREAD, &before);
    for (int i = 0; i < 5; ++i)
      static_cast<FdOperator&>(*acceptor).on_readable();
    ::getrusage(RUSAGE_THREAD, &after);
  }
  EXPECT_TRUE(after.ru_nvcsw - before.ru_nvcsw < 5)
      << "on_readable() went to sleep: every connection of this poller waits "
         "meanwhile";
}

TEST_F(HotLoop, TheAcceptorStaysAnOperatorOfThePoller) {
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    five_connect();
    EXPECT_TRUE(ticks(4));
    EXPECT_TRUE(poller.watches(*acceptor))
        << "the acceptor was detached; that cannot be taken back";
  }
  acceptor->stop();
}

TEST_F(HotLoop, WhoWaitedIsAcceptedOnceDescriptorsAreFree) {
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    five_connect();
    EXPECT_TRUE(ticks(4));
  }
  EXPECT_TRUE(soon([&] { return accepted == 5; }))
      << "descriptors are free again, and the five who wait are not let in";
  acceptor->stop();
}

TEST_F(HotLoop, WhoComesAfterwardsIsAcceptedToo) {
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    one_connects();
    EXPECT_TRUE(ticks(4));
  }
  const bool first = soon([&] { return accepted == 1; });
  one_connects();
  EXPECT_TRUE(!first || soon([&] { return accepted == 2; }))
      << "the one who waited got in, and the next one does not: nobody watches "
         "the listening socket any more";
  acceptor->stop();
}

TEST_F(HotLoop, EachPauseIsLongerThanTheOneBefore) {
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    five_connect();
    EXPECT_TRUE(ticks(40));
    EXPECT_TRUE(failures() < 12)
        << "a long shortage, and accept is tried as often as in a short one";
  }
  acceptor->stop();
}

TEST_F(HotLoop, TheFirstPausesAreShort) {
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    five_connect();
    EXPECT_TRUE(ticks(10));
    EXPECT_TRUE(failures() != 1)
        << "accept was not tried again within about 50 ms; a descriptor may be "
           "free much sooner";
  }
  acceptor->stop();
}

}  // namespace
}  // namespace netpoll
