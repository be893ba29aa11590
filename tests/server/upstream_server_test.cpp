// SPDX-License-Identifier: Apache-2.0
//
// Upstream: netpoll_unix_test.go, connection_test.go:641.
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "server/support.h"
#include "support/log_lines.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::at_eof;
using test::eventually;
using test::receive;
using test::send_all;
using test::Serving;

void answer(Connection& conn, std::string_view text) {
  conn.writer().write_string(text);
  EXPECT_FALSE(conn.writer().flush());
}

// Broken variant: Connection::on_readable() wakes no reader while a handler
// runs.
TEST(EventLoop, OnConnectMayHoldAWholeConversation) {
  Serving serving({.on_connect = [](Connection& conn) {
    for (;;) {
      const auto request = conn.reader().read_string(4);
      if (!request) return;
      EXPECT_EQ(*request, "ping");
      conn.reader().release();
      answer(conn, "pong");
    }
  }});
  UniqueFd client = serving.client();
  for (int i = 0; i < 1024; ++i) {
    ASSERT_TRUE(send_all(client.get(), "ping"));
    ASSERT_EQ(receive(client.get(), 4), "pong");
  }
  client.reset();
  EXPECT_TRUE(eventually([&] { return serving->active() == 0; }));
}

// Broken variant: Connection::tear_down() skips the close callbacks.
TEST(EventLoop, EachPingPongPairRunsEveryHandlerOnceAndSeesTheEnd) {
  constexpr int kClients = 50;
  std::atomic<int> prepared{0};
  std::atomic<int> connected{0};
  std::atomic<int> requested{0};
  std::atomic<int> closed{0};
  Serving serving({.on_prepare = [&](Connection&) { ++prepared; },
                   .on_connect =
                       [&](Connection& conn) {
                         ++connected;
                         conn.add_close_callback(
                             [&](Connection&) { ++closed; });
                         answer(conn, "ping");
                       },
                   .on_request =
                       [&](Connection& conn) {
                         ++requested;
                         EXPECT_EQ(conn.reader().read_string(4), "pong");
                         conn.reader().release();
                         conn.close();
                       }});
  std::vector<std::jthread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      const UniqueFd client = serving.client();
      EXPECT_EQ(receive(client.get(), 4), "ping");
      EXPECT_TRUE(send_all(client.get(), "pong"));
      EXPECT_TRUE(at_eof(client.get()));
    });
  }
  clients.clear();
  EXPECT_TRUE(eventually([&] { return serving->active() == 0; }));
  EXPECT_EQ(prepared, kClients);
  EXPECT_EQ(connected, kClients);
  EXPECT_EQ(requested, kClients);
  EXPECT_EQ(closed, kClients);
}

// Broken variant: Connection::call() does not close after an exception.
TEST(EventLoop, ServesOthersAfterAHandlerThrew) {
  const test::LogLines lines;
  Serving serving({.on_request = [](Connection& conn) {
    const auto text = conn.reader().read_string(5);
    conn.reader().release();
    if (text == "throw") throw std::runtime_error("as told");
    answer(conn, *text);
  }});
  const UniqueFd first = serving.client();
  send_all(first.get(), "throw");
  EXPECT_TRUE(at_eof(first.get()));
  const UniqueFd second = serving.client();
  send_all(second.get(), "hello");
  EXPECT_EQ(receive(second.get(), 5), "hello");
  EXPECT_EQ(lines.all(), std::vector<std::string>{"on_request: as told"});
}

// Broken variant: close_if_quiet() does not ask whether there is input.
TEST(EventLoop, ShutdownHandlesWhatWasSentAndWaitsForNobodyElse) {
  constexpr std::size_t kClients = 10;
  std::atomic<std::size_t> requests{0};
  Serving serving({.on_request = [&](Connection& conn) {
    EXPECT_TRUE(conn.reader().next(16));
    conn.reader().release();
    ++requests;
  }});
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < kClients; ++i)
    clients.push_back(serving.client());
  ASSERT_TRUE(eventually([&] { return serving->active() == kClients; }));
  for (std::size_t i = 0; i < kClients; i += 2)
    send_all(clients[i].get(), "0123456789abcdef");
  EXPECT_FALSE(serving->shutdown(test::kPatience));
  EXPECT_EQ(requests, kClients / 2);
  for (const UniqueFd& client : clients)
    EXPECT_TRUE(at_eof(client.get()));
}

}  // namespace
}  // namespace netpoll
