// SPDX-License-Identifier: Apache-2.0
//
// The examples in the comments of dialer.h, address.h and signals.h, letter by
// letter: they compile without a warning, and they work.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

#include "netpoll/client/dialer.h"
#include "netpoll/os/signals.h"
#include "netpoll/server/event_loop.h"
#include "support/child.h"
#include "support/net.h"

namespace netpoll {
namespace {

std::error_code say_hello(Runtime& runtime, const std::string& address) {
  auto server = dial(runtime, "tcp", address);
  if (!server) return server.error();
  Connection& conn = **server;
  conn.writer().write_string("hello\n");
  if (const auto error = conn.writer().flush()) return error;
  const auto line = conn.reader().until(std::byte{'\n'});
  if (!line) return line.error();
  EXPECT_EQ(test::text_of(*line), "hello\n");
  return {};
}

TEST(Example, OfTheDialerTalks) {
  const auto runtime = *Runtime::start({.pollers = 1});
  auto listener = *Listener::listen("tcp", "127.0.0.1:0");
  const std::string address = listener.address().to_string();
  EventLoop loop(*runtime, {.on_request = [](Connection& conn) {
    Input& in = conn.reader();
    EXPECT_TRUE(in.read(conn.writer().malloc(in.size())));
    EXPECT_FALSE(conn.writer().flush());
  }});
  ASSERT_FALSE(loop.start(std::move(listener)));
  EXPECT_FALSE(say_hello(*runtime, address));
}

TEST(Example, OfAddressesParses) {
  EXPECT_TRUE(Address::parse("tcp", "127.0.0.1:8080"));
  EXPECT_TRUE(Address::parse("tcp", "[::1]:0"));
  EXPECT_TRUE(Address::parse("tcp", ":8080"));
  EXPECT_TRUE(Address::parse("tcp", "[fe80::1%lo]:80"));
  EXPECT_TRUE(Address::parse("unix", "/tmp/echo.sock"));
  EXPECT_TRUE(Address::parse("unix", "@name"));
}

int serve_until_a_signal() {
  netpoll::os::EndSignals signals;
  auto runtime = netpoll::Runtime::start();
  netpoll::EventLoop loop(**runtime, {});
  ::kill(::getpid(), SIGTERM);
  signals.wait();
  return loop.shutdown(std::chrono::seconds(30)) ? 1 : 0;
}

TEST(Example, OfTheSignalsEndsTheServer) {
  EXPECT_EQ(test::exit_status(test::in_child(serve_until_a_signal)), 0);
}

}  // namespace
}  // namespace netpoll
