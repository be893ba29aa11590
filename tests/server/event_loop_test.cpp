// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <string>
#include <vector>

#include "server/support.h"
#include "support/echo.h"
#include "support/log_lines.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::at_eof;
using test::echo;
using test::eventually;
using test::receive;
using test::send_all;
using test::Serving;

constexpr milliseconds kLong = test::kPatience;

TEST(EventLoop, ServesItsClients) {
  Serving serving({.on_request = echo});
  const UniqueFd one = serving.client();
  const UniqueFd two = serving.client();
  send_all(one.get(), "first");
  send_all(two.get(), "second");
  EXPECT_EQ(receive(one.get(), 5), "first");
  EXPECT_EQ(receive(two.get(), 6), "second");
  EXPECT_EQ(serving->active(), 2u);
}

TEST(EventLoop, ForgetsAClientThatHasGone) {
  Serving serving({.on_request = echo});
  UniqueFd client = serving.client();
  EXPECT_TRUE(eventually([&] { return serving->active() == 1; }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return serving->active() == 0; }));
}

TEST(EventLoop, ForgetsAClientThatOnPrepareClosed) {
  const test::LogLines lines;
  Serving serving({.on_prepare = [](Connection& conn) { conn.close(); }});
  EXPECT_TRUE(at_eof(serving.client().get()));
  EXPECT_TRUE(eventually([&] { return serving->active() == 0; }));
  EXPECT_TRUE(lines.all().empty());
}

// Broken variant: register_and_start() starts a connection, then registers it.
TEST(EventLoop, E2Row12AClientThatEndsAtOnceDoesNotStayInTheRegistry) {
  std::atomic<bool> closes{true};
  Serving serving({.on_prepare = [&](Connection& conn) {
    if (closes) conn.close();
  }});
  EXPECT_TRUE(at_eof(serving.client().get()));
  closes = false;
  for (int i = 0; i < 200; ++i)
    serving.client().reset();
  EXPECT_FALSE(serving->shutdown(kLong));
  EXPECT_EQ(serving->active(), 0u);
}

TEST(EventLoop, HasSeveralListeners) {
  Serving serving({.on_request = echo});
  Listener second = test::listen_anywhere();
  const Address address = second.address();
  ASSERT_FALSE(serving->start(std::move(second)));
  const UniqueFd client = test::client_of(address);
  send_all(client.get(), "x");
  EXPECT_EQ(receive(client.get(), 1), "x");
}

TEST(EventLoop, GivesItsConnectionsTheOptions) {
  std::promise<std::error_code> error;
  const auto runtime = *Runtime::start({.pollers = 1});
  EventLoop loop(*runtime,
                 {.on_connect =
                      [&](Connection& conn) {
                        error.set_value(conn.reader().next(1).error());
                      }},
                 {.read_timeout = milliseconds(1)});
  Listener listener = test::listen_anywhere();
  const Address address = listener.address();
  ASSERT_FALSE(loop.start(std::move(listener)));
  const UniqueFd client = test::client_of(address);
  EXPECT_EQ(error.get_future().get(), Errc::read_timeout);
}

TEST(EventLoop, ShutdownOfAnIdleOneClosesItsClients) {
  Serving serving({.on_request = echo});
  const UniqueFd client = serving.client();
  send_all(client.get(), "x");
  EXPECT_EQ(receive(client.get(), 1), "x");
  EXPECT_FALSE(serving->shutdown(kLong));
  EXPECT_TRUE(at_eof(client.get()));
  EXPECT_EQ(serving->active(), 0u);
}

TEST(EventLoop, ShutdownAcceptsNobodyAnyMore) {
  Serving serving({.on_request = echo});
  EXPECT_FALSE(serving->shutdown(kLong));
  EXPECT_FALSE(serving.client());
  EXPECT_EQ(serving->start(test::listen_anywhere()), Errc::conn_closed);
}

TEST(EventLoop, ShutdownLetsARequestUnderWayFinish) {
  std::latch entered(1);
  std::latch leave(1);
  Serving serving({.on_request = [&](Connection& conn) {
    entered.count_down();
    leave.wait();
    echo(conn);
  }});
  const UniqueFd client = serving.client();
  send_all(client.get(), "request");
  entered.wait();
  auto result =
      std::async(std::launch::async, [&] { return serving->shutdown(kLong); });
  EXPECT_TRUE(eventually([&] { return !serving.client(); }));
  leave.count_down();
  EXPECT_EQ(receive(client.get(), 7), "request");
  EXPECT_FALSE(result.get());
  EXPECT_TRUE(at_eof(client.get()));
}

TEST(EventLoop, ShutdownGivesUpAtItsLimit) {
  std::latch entered(1);
  std::latch leave(1);
  Serving serving({.on_request = [&](Connection& conn) {
    entered.count_down();
    leave.wait();
    echo(conn);
  }});
  const UniqueFd client = serving.client();
  send_all(client.get(), "request");
  entered.wait();
  EXPECT_EQ(serving->shutdown(milliseconds(30)), std::errc::timed_out);
  EXPECT_EQ(serving->active(), 1u);
  leave.count_down();  // and it lives on
  EXPECT_EQ(receive(client.get(), 7), "request");
}

TEST(EventLoop, SecondShutdownWaitsForTheSame) {
  std::latch entered(1);
  std::latch leave(1);
  Serving serving({.on_request = [&](Connection& conn) {
    entered.count_down();
    leave.wait();
    echo(conn);
  }});
  const UniqueFd client = serving.client();
  send_all(client.get(), "x");
  entered.wait();
  EXPECT_EQ(serving->shutdown(milliseconds(1)), std::errc::timed_out);
  leave.count_down();
  EXPECT_FALSE(serving->shutdown(kLong));
  EXPECT_FALSE(serving->shutdown(kLong));
  EXPECT_EQ(serving->active(), 0u);
}

TEST(EventLoop, ServeReturnsWhatShutdownReturns) {
  Serving serving({.on_request = echo});
  Listener second = test::listen_anywhere();
  const Address address = second.address();
  auto served =
      std::async(std::launch::async, [&, it = std::move(second)]() mutable {
        return serving->serve(std::move(it));
      });
  const UniqueFd client = test::client_of(address);
  send_all(client.get(), "x");
  EXPECT_EQ(receive(client.get(), 1), "x");
  EXPECT_FALSE(serving->shutdown(kLong));
  EXPECT_FALSE(served.get());
}

// The second shutdown is a rescue: the serves must not need it.
TEST(EventLoop, EveryServeReturnsAfterOneShutdown) {
  Serving serving({.on_request = echo});
  std::vector<std::future<std::error_code>> serves;
  for (int i = 0; i < 2; ++i) {
    Listener listener = test::listen_anywhere();
    const Address address = listener.address();
    serves.push_back(
        std::async(std::launch::async, [&, it = std::move(listener)]() mutable {
          return serving->serve(std::move(it));
        }));
    const UniqueFd client = test::client_of(address);
    send_all(client.get(), "x");
    EXPECT_EQ(receive(client.get(), 1), "x");
  }
  EXPECT_FALSE(serving->shutdown(kLong));
  for (auto& serve : serves)
    EXPECT_EQ(serve.wait_for(kLong), std::future_status::ready);
  static_cast<void>(serving->shutdown(kLong));
}

TEST(EventLoop, DestructorClosesBusyConnections) {
  std::latch entered(1);
  std::error_code error;
  Serving serving({.on_request = [&](Connection& conn) {
    entered.count_down();
    error = conn.reader().next(1'000).error();
  }});
  const UniqueFd client = serving.client();
  send_all(client.get(), "less");
  entered.wait();
  serving.destroy_loop();
  EXPECT_EQ(error, Errc::conn_closed);
  EXPECT_TRUE(at_eof(client.get()));
}

}  // namespace
}  // namespace netpoll
