// SPDX-License-Identifier: Apache-2.0
//
// What the options of a runtime and of a loop do to a server.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/poller/poller_group.h"
#include "server/support.h"
#include "support/echo.h"

namespace netpoll {
namespace {

using test::client_of;
using test::echo;
using test::eventually;
using test::listen_anywhere;

std::string thread_name() {
  std::array<char, 16> name{};
  ::pthread_getname_np(::pthread_self(), name.data(), name.size());
  return name.data();
}

// Serves one client with echo and returns who prepared its connection.
std::string prepared_by(const RuntimeOptions& options) {
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start(options);
  std::string who;
  EventLoop loop(*runtime,
                 {.on_prepare = [&](Connection&) { who = thread_name(); },
                  .on_request = echo});
  Listener listener = listen_anywhere();
  const Address address = listener.address();
  EXPECT_FALSE(loop.start(std::move(listener)));
  const UniqueFd client = client_of(address);
  EXPECT_TRUE(test::send_all(client.get(), "hello"));
  EXPECT_EQ(test::receive(client.get(), 5), "hello");
  return who;
}

TEST(RuntimeOptions, ListenersShareThePollersOfTheConnections) {
  EXPECT_EQ(prepared_by({.pollers = 1}), "poller-0");
}

TEST(RuntimeOptions, AcceptorsAcceptOnPollersOfTheirOwn) {
  EXPECT_EQ(prepared_by({.pollers = 1, .acceptors = 1}), "acceptor-0");
}

TEST(RuntimeOptions, AcceptorsServeInlineHandlersToo) {
  EXPECT_EQ(
      prepared_by(
          {.pollers = 1, .acceptors = 1, .runner = RunBy::inline_on_poller}),
      "acceptor-0");
}

TEST(RuntimeOptions, InlineHandlersNeverRunOnAnAcceptor) {
  const auto runtime = *Runtime::start(
      {.pollers = 1, .acceptors = 1, .runner = RunBy::inline_on_poller});
  std::atomic<bool> asked{false};
  std::string who;
  EventLoop loop(*runtime, {.on_connect = [&](Connection&) {
    who = thread_name();
    asked = true;
  }});
  Listener listener = listen_anywhere();
  const Address address = listener.address();
  ASSERT_FALSE(loop.start(std::move(listener)));
  const UniqueFd client = client_of(address);
  EXPECT_TRUE(eventually([&] { return asked.load(); }));
  EXPECT_EQ(who, "poller-0");
}

TEST(RuntimeOptions, RandomBalanceReachesEveryPoller) {
  GoPool pool;
  PoolRunner runner{pool};
  const auto group =
      *PollerGroup::start(runner, {.count = 4, .balance = LoadBalance::random});
  std::set<Poller*> reached;
  std::vector<Poller*> order;
  for (int i = 0; i < 200; ++i) {
    order.push_back(&group->next());
    reached.insert(order.back());
  }
  EXPECT_EQ(reached.size(), 4u);
  // And not one after the other: the second four are not as the first.
  int repeated = 0;
  for (std::size_t i = 4; i < order.size(); ++i)
    repeated += order[i] == order[i - 4] ? 1 : 0;
  EXPECT_LT(repeated, 150);
}

TEST(RuntimeOptions, BalanceIsThatOfTheConnectionsPollers) {
  const auto runtime =
      *Runtime::start({.pollers = 4, .balance = LoadBalance::random});
  std::set<Poller*> reached;
  for (int i = 0; i < 200; ++i)
    reached.insert(&runtime->pollers().next());
  EXPECT_EQ(reached.size(), 4u);
}

TEST(EventLoop, ServesSeveralListeners) {
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 2, .acceptors = 2});
  EventLoop loop(*runtime, {.on_request = echo});
  std::vector<Address> addresses;
  for (int i = 0; i < 3; ++i) {
    Listener listener = listen_anywhere();
    addresses.push_back(listener.address());
    ASSERT_FALSE(loop.start(std::move(listener)));
  }
  std::vector<UniqueFd> clients;
  for (const Address& address : addresses) {
    clients.push_back(client_of(address));
    EXPECT_TRUE(test::send_all(clients.back().get(), "hello"));
    EXPECT_EQ(test::receive(clients.back().get(), 5), "hello");
  }
  EXPECT_EQ(loop.active(), 3u);
}

TEST(EventLoop, ItsConnectionOptionsReachEachConnection) {
  const auto runtime = *Runtime::start({.pollers = 1});
  std::atomic<int> keepalive{-1};
  std::atomic<bool> full{false};
  std::atomic<std::size_t> most{0};
  EventLoop loop(*runtime,
                 {.on_prepare =
                      [&](Connection& conn) {
                        int seconds = 0;
                        socklen_t size = sizeof seconds;
                        ::getsockopt(conn.fd(), IPPROTO_TCP, TCP_KEEPIDLE,
                                     &seconds, &size);
                        keepalive = seconds;
                      },
                  .on_request =
                      [&](Connection& conn) {
                        while (!conn.reader().is_full())
                          std::this_thread::yield();
                        most = conn.reader().size();
                        full = true;
                        echo(conn);
                      }},
                 {.keepalive = std::chrono::seconds(7), .max_input = 4});
  Listener listener = listen_anywhere();
  const Address address = listener.address();
  ASSERT_FALSE(loop.start(std::move(listener)));
  const UniqueFd client = client_of(address);
  EXPECT_TRUE(test::send_all(client.get(), "12345678"));
  EXPECT_EQ(test::receive(client.get(), 8), "12345678");
  EXPECT_EQ(keepalive, 7);
  EXPECT_TRUE(full);
  EXPECT_EQ(most, 4u);
}

TEST(EventLoop, IdleTimeoutClosesAClientThatIsSilent) {
  const auto runtime = *Runtime::start({.pollers = 1});
  EventLoop loop(*runtime, {.on_request = echo},
                 {.idle_timeout = std::chrono::milliseconds(1)});
  Listener listener = listen_anywhere();
  const Address address = listener.address();
  ASSERT_FALSE(loop.start(std::move(listener)));
  const UniqueFd client = client_of(address);
  EXPECT_TRUE(test::at_eof(client.get()));
}

}  // namespace
}  // namespace netpoll
