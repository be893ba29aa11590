// SPDX-License-Identifier: Apache-2.0
// A server that reads a little for each event, and clients whose requests have
// sizes, pieces and pauses from the seed.
#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "labs/seed.h"
#include "netpoll/os/epoll.h"
#include "netpoll/os/io.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::Pair;
using test::Seeded;
using test::socket_pair;

struct Client {
  Pair pair = socket_pair();
  std::string sent;
  std::string served;
};

class StallSeeded : public testing::Test {
 protected:
  StallSeeded() : clients_(numbers_.between(2, 5)) {}

  // Watches each client's connection; some are changed to output and back.
  void watch_all() {
    for (Client& client : clients_) {
      const int fd = client.pair.near.get();
      ASSERT_FALSE(epoll_.add(fd, &client));
      if (numbers_.once_in(2)) continue;
      ASSERT_FALSE(epoll_.set(fd, Interest::output, &client));
      ASSERT_FALSE(epoll_.set(fd, Interest::input, &client));
    }
  }

  void say(Client& client, const std::string& text) {
    test::send_all(client.pair.far.get(), text);
    client.sent += text;
  }

  // Reads `step` bytes for each event until no event comes.
  void serve(std::size_t step) {
    std::array<epoll_event, 1> room{};
    for (int turns = 0; turns < 1000; ++turns) {
      const auto ready = epoll_.wait(room, 0);
      if (!ready || ready->empty()) return;
      auto& client = *static_cast<Client*>(ready->front().data.ptr);
      std::vector<std::byte> bytes(step);
      const auto got = recv(client.pair.near.get(), bytes);
      if (!got || got->bytes == 0) return;
      client.served += test::text_of(std::span(bytes).first(got->bytes));
    }
  }

  // What comes while nothing is watched is reported afterwards, and not before.
  void expect_quiet_while_nobody_watches(std::size_t step) {
    Client& client = clients_[numbers_.between(0, clients_.size() - 1)];
    const int fd = client.pair.near.get();
    const std::string before = client.served;
    ASSERT_FALSE(epoll_.set(fd, Interest::none, &client));
    say(client, numbers_.text(numbers_.between(step + 1, 10 * step)));
    serve(step);
    ASSERT_EQ(client.served, before) << "nobody watches this client now";
    ASSERT_FALSE(epoll_.set(fd, Interest::input, &client));
    serve(step);
    ASSERT_EQ(client.served, client.sent) << "it is watched again";
  }

  // Sends `step` bytes for each event; returns how many in all.
  std::size_t send_all(const Client& client, std::size_t step) {
    std::string_view rest = client.sent;
    std::array<epoll_event, 1> room{};
    while (!rest.empty()) {
      const auto ready = epoll_.wait(room, 0);
      if (!ready || ready->empty()) break;
      const std::array piece{test::bytes_of(rest.substr(0, step))};
      const auto moved = sendmsg(client.pair.near.get(), piece);
      if (!moved) break;
      rest.remove_prefix(moved->bytes);
    }
    return client.sent.size() - rest.size();
  }

  Seeded numbers_{"stall"};
  Epoll epoll_ = *Epoll::open();
  std::vector<Client> clients_;
};

TEST_F(StallSeeded, EveryRequestIsServedToItsEndBeforeTheServerSleeps) {
  watch_all();
  const std::size_t step = numbers_.between(3, 16);
  for (int round = 0; round < 6; ++round) {
    for (Client& client : clients_)
      say(client, numbers_.text(numbers_.between(step + 1, 10 * step)));
    serve(step);
    for (const Client& client : clients_)
      ASSERT_EQ(client.served, client.sent)
          << "the server reads " << step
          << " bytes for each event, and sleeps although more has come";
  }
  expect_quiet_while_nobody_watches(step);
}

TEST_F(StallSeeded, PiecesThatComeWhileItServesAreServedToo) {
  watch_all();
  const std::size_t step = numbers_.between(3, 16);
  Client& slow = clients_.front();
  const std::string request = numbers_.text(20 * step);
  std::size_t at = 0;
  for (const std::size_t piece : numbers_.cuts(request.size())) {
    say(slow, request.substr(at, piece));
    at += piece;
    for (Client& other : clients_)
      if (&other != &slow) say(other, numbers_.text(step + 1));
    serve(step);
  }
  for (const Client& client : clients_)
    EXPECT_EQ(client.served, client.sent)
        << "the server reads " << step << " bytes for each event";
}

TEST_F(StallSeeded, RoomToSendIsReportedUntilAllIsSent) {
  std::vector interests{Interest::output, Interest::input_output};
  numbers_.shuffle(interests);
  for (std::size_t i = 0; i < interests.size(); ++i) {
    Client& client = clients_[i];
    const int fd = client.pair.near.get();
    ASSERT_FALSE(epoll_.add(fd, &client));
    ASSERT_FALSE(epoll_.set(fd, interests[i], &client));
    const std::size_t step = numbers_.between(5, 40);
    client.sent = numbers_.text(numbers_.between(2 * step, 15 * step));
    EXPECT_EQ(send_all(client, step), client.sent.size())
        << step << " bytes are sent for each event; there is room, and no "
        << "event comes";
    ASSERT_FALSE(epoll_.remove(fd));
  }
}

}  // namespace
}  // namespace netpoll::os
