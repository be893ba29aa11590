// SPDX-License-Identifier: Apache-2.0
//
// Who is in the registry, and when. A loop whose registry holds a connection
// that has ended waits for it for ever in its destructor; so a test that has
// failed ends the process, and the next ones run in another.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "netpoll/server/event_loop.h"
#include "server/support.h"
#include "support/sanitized.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience(test::kSanitized ? 10'000 : 2'500);

// Looks until `condition` holds; false when it does not within kPatience.
bool soon(const std::function<bool()>& condition) {
  return test::within(kPatience, condition);
}

class DeadEntry : public testing::Test {
 protected:
  void TearDown() override {
    for (UniqueFd& fd : clients)
      fd.reset();
    if (!HasFailure() && loop) {
      EXPECT_TRUE(soon([this] { return loop->active() == 0; }))
          << "the test is over and its clients have gone, and somebody is left "
             "in the registry";
    }
    if (!HasFailure()) return;
    std::fflush(stdout);
    std::_Exit(1);
  }

  void serve(Handlers handlers) {
    Listener listener = test::listen_anywhere();
    address = listener.address();
    loop = std::make_unique<EventLoop>(*runtime, std::move(handlers));
    ASSERT_FALSE(loop->start(std::move(listener)));
  }
  UniqueFd client() const {
    UniqueFd fd = test::client_of(address);
    const timeval limit{.tv_sec = 1, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
  }
  // Three clients, each of which the server closes in on_prepare. The poller
  // prepares one after the other, so two of them are done with for certain.
  void three_end_in_on_prepare() {
    std::atomic<int>& count = prepared;
    serve({.on_prepare = [&count](Connection& it) {
      it.close();
      ++count;
    }});
    for (UniqueFd& fd : clients)
      fd = client();
    ASSERT_TRUE(soon([&] { return prepared == 3; }))
        << "a handler closed its connection in on_prepare, and the poller did "
           "not come back: it waits for a mutex, or for itself";
  }

  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 2});
  Address address;
  std::atomic<int> prepared{0};
  UniqueFd clients[3];
  std::unique_ptr<EventLoop> loop;
};

TEST_F(DeadEntry, WhoIsBeingPreparedIsInTheRegistryAlready) {
  std::atomic<bool> answered{false};
  std::atomic<std::size_t> active{0};
  serve({.on_prepare = [&](Connection&) {
    active = loop->active();
    answered = true;
  }});
  const UniqueFd fd = client();
  ASSERT_TRUE(soon([&] { return answered.load(); }))
      << "on_prepare asked the loop how many are connected, and got no answer: "
         "the loop's mutex is held while the connection is started";
  EXPECT_EQ(active, 1U)
      << "the connection was being started, and could end at any moment; so "
         "many connections were in the registry";
}

TEST_F(DeadEntry, WhoEndsAtOnceIsNotLeftBehind) {
  ASSERT_NO_FATAL_FAILURE(three_end_in_on_prepare());
  EXPECT_TRUE(soon([&] { return loop->active() == 0; }))
      << "three connections have ended, and the registry never becomes empty";
}

TEST_F(DeadEntry, AShutdownDoesNotWaitForWhoHasEnded) {
  ASSERT_NO_FATAL_FAILURE(three_end_in_on_prepare());
  EXPECT_FALSE(loop->shutdown(milliseconds(300)))
      << "all connections have ended, and shutdown() waited its whole limit";
}

TEST_F(DeadEntry, WhoIsConnectedIsInTheRegistryUntilItGoes) {
  std::atomic<bool> there{false};
  serve({.on_connect = [&](Connection&) { there = true; }});
  UniqueFd fd = client();
  ASSERT_TRUE(soon([&] { return there.load(); }));
  EXPECT_TRUE(soon([&] { return loop->active() == 1; }))
      << "a client is connected, and the registry does not have it";
  fd.reset();
  EXPECT_TRUE(soon([&] { return loop->active() == 0; }))
      << "the client has gone, and its connection is still in the registry";
}

TEST_F(DeadEntry, WhoComesAndGoesIsGoneAtTheEnd) {
  serve({.on_prepare = [this](Connection&) { ++prepared; }});
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(client());
  ASSERT_TRUE(soon([this] { return prepared == 30; }));
  EXPECT_TRUE(soon([&] { return loop->active() == 0; }))
      << "30 clients came and went at once, and some are still in the registry";
}

TEST_F(DeadEntry, TheEndOfTheLoopClosesWhoIsConnected) {
  std::atomic<bool> there{false};
  serve({.on_connect = [&](Connection&) { there = true; }});
  const UniqueFd fd = client();
  ASSERT_TRUE(soon([&] { return there.load(); }));
  std::atomic<bool> destroyed{false};
  std::thread([&] {
    loop.reset();
    destroyed = true;
  }).detach();
  ASSERT_TRUE(soon([&] { return destroyed.load(); }))
      << "the loop was destroyed, and waits for somebody for ever";
  EXPECT_TRUE(test::at_eof(fd.get()))
      << "the loop was destroyed, and its client is still connected";
}

}  // namespace
}  // namespace netpoll
