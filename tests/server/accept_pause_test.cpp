// SPDX-License-Identifier: Apache-2.0
//
// How long an acceptor pauses after it has recovered. A program of its own: its
// accept4() takes the place of the C library's, and fails as often as a test
// has asked for.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/server/acceptor.h"
#include "server/support.h"
#include "support/log_lines.h"
#include "support/net.h"

namespace {

// By the number of the listener: how many accept4() are still to fail.
std::array<std::atomic<int>, 1024> failures{};

}  // namespace

extern "C" int accept4(int listener, sockaddr* address, socklen_t* size,
                       int flags) {
  std::atomic<int>& left = failures.at(static_cast<std::size_t>(listener));
  if (left > 0) {
    --left;
    errno = EMFILE;
    return -1;
  }
  return static_cast<int>(
      ::syscall(SYS_accept4, listener, address, size, flags));
}

namespace netpoll {
namespace {

using test::eventually;

// Two acceptors of one poller, and whose connection came first.
class AcceptPauseTest : public testing::Test {
 protected:
  struct One {
    One(Runtime& runtime, AcceptPauseTest& test, char name)
        : One(runtime, test, name, test::listen_anywhere()) {}
    One(Runtime& runtime, AcceptPauseTest& test, char name, Listener listener)
        : address(listener.address()),
          acceptor(make_ref<Acceptor>(
              runtime, std::move(listener),
              [&test, name](os::Accepted it) { test.keep(name, it); })),
          left(failures.at(static_cast<std::size_t>(acceptor->fd()))) {
      EXPECT_FALSE(acceptor->start());
    }

    const Address address;
    const Ref<Acceptor> acceptor;
    std::atomic<int>& left;  // how many accept4() of its listener will fail
  };

  void TearDown() override {
    tried.acceptor->stop();
    fresh.acceptor->stop();
  }

  void keep(char name, os::Accepted& it) {
    const Lock lock(mutex);
    kept.push_back(std::move(it.fd));
    order += name;
  }
  std::string accepted() {
    const Lock lock(mutex);
    return order;
  }
  // A client whose first accept4() fails; waits until it has failed `times`.
  void fail(One& one, int times) {
    one.left = times;
    clients.push_back(test::client_of(one.address));
    ASSERT_TRUE(eventually([&] { return one.left == 0; }));
  }

  const test::LogLines lines;
  Mutex mutex;
  std::vector<UniqueFd> kept NETPOLL_GUARDED_BY(mutex);
  std::string order NETPOLL_GUARDED_BY(mutex);
  std::vector<UniqueFd> clients;
  const std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  One tried{*runtime, *this, 't'};
  One fresh{*runtime, *this, 'f'};
};

// The pauses of a fresh acceptor are the measure of the other's. They begin
// later, on the same thread, so the first of them ends later than an equal one.
// There are two, because both acceptors may be ready in one turn, in any order:
// then the fresh one pauses once more. Broken variant: an accepted connection
// does not end the growth of the pauses, and the next one is of 160 ms.
TEST_F(AcceptPauseTest, IsTheShortestAgainAfterAConnectionWasAccepted) {
  fail(tried, 4);  // pauses of 10, 20, 40 and 80 ms
  ASSERT_TRUE(eventually([&] { return accepted() == "t"; }));
  fail(tried, 1);
  fail(fresh, 2);  // of 10 and 20 ms
  ASSERT_TRUE(eventually([&] { return accepted().size() == 3; }));
  EXPECT_EQ(accepted(), "ttf");
}

}  // namespace
}  // namespace netpoll
