// SPDX-License-Identifier: Apache-2.0
// The program, and clients whose messages and turns come from the seed.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "../../../exercises/02-epoll/1-echo-for-many/tests/client.h"
#include "../../../exercises/02-epoll/1-echo-for-many/tests/server.h"
#include "labs/seed.h"

namespace {

using netpoll::test::Seeded;

// More than the buffers of a connection take; no two places look alike.
std::string much(Seeded& numbers) {
  const std::size_t size = numbers.between(6'300'000, 6'600'000);
  const std::string block = numbers.text(1 << 16);
  std::string all;
  for (std::size_t i = numbers.between(0, 1'000); all.size() < size; ++i)
    all += std::to_string(i) + block;
  return all;
}

constexpr const char* kAll = "all came back, in order";

class EchoSeeded : public testing::Test {
 protected:
  void SetUp() override {
    if (server_.port() == 0) works_ = false;
    if (!works_)
      FAIL() << "the program does not print where it listens, or serves nobody";
  }

  // New clients, while an older one does not read.
  void expect_others_are_served(Seeded& numbers) {
    Client other(server_);
    for (const std::size_t size : numbers.sizes(5, 1, 5000))
      EXPECT_TRUE(other.echoes(numbers.text(size)))
          << "another client does not read, and this one gets no echo";
    EXPECT_TRUE(server_.falls_asleep())
        << "there is nothing to do, and the server keeps running";
  }

  static bool works_;  // what does nothing at all is not waited for twice
  Server server_;
};

bool EchoSeeded::works_ = true;

TEST_F(EchoSeeded, ClientsTakeTurnsInAnyOrder) {
  Seeded numbers("turns");
  std::deque<Client> clients;
  for (std::size_t i = numbers.between(5, 20); i > 0; --i)
    clients.emplace_back(server_);
  for (int turn = 0; turn < 60; ++turn) {
    const std::size_t who = numbers.between(0, clients.size() - 1);
    const std::string text = numbers.text(numbers.between(1, 20'000));
    works_ = clients[who].echoes(text);
    ASSERT_TRUE(works_) << "a message of " << text.size()
                        << " bytes did not come back as it was";
  }
  EXPECT_TRUE(server_.falls_asleep())
      << "nobody speaks any more, and the server keeps running";
}

// The server does not run while they send, and then has many events at once.
TEST_F(EchoSeeded, ManySendWhileTheServerPauses) {
  Seeded numbers("pauses");
  std::deque<Client> clients;
  for (std::size_t i = numbers.between(5, 20); i > 0; --i)
    ASSERT_TRUE(clients.emplace_back(server_).echoes("hello"));
  for (int pause = 0; pause < 5; ++pause) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < clients.size(); ++i)
      texts.push_back(numbers.text(numbers.between(1, 8'000)));
    server_.stop();
    for (std::size_t i = 0; i < clients.size(); ++i)
      clients[i].push(texts[i], server_);
    server_.go_on();
    for (std::size_t i = 0; i < clients.size(); ++i)
      ASSERT_EQ(clients[i].compared(texts[i], clients[i].finish()), kAll)
          << clients.size() << " clients sent while the server stood still";
  }
}

TEST_F(EchoSeeded, OneReadsOnlyWhenItHasEndedAndGetsItAll) {
  Seeded numbers("late");
  const std::string text = much(numbers);
  Client late(server_);
  late.push(text, server_);
  EXPECT_TRUE(Client(server_).echoes(numbers.text(numbers.between(1, 5000))))
      << "another client does not read, and this one gets no echo";
  EXPECT_EQ(late.compared(text, late.finish_and_end(server_)), kAll)
      << "the client sent more than 6 MB, ended its own direction, and read";
  EXPECT_TRUE(late.sees_the_end()) << "then the server must close";
}

// When the server runs again, there is room, and input, and an older rest.
TEST_F(EchoSeeded, OneReadsAPartAndSendsMore) {
  Seeded numbers("more");
  const std::string text = much(numbers);
  Client late(server_);
  late.push(std::string_view(text).substr(
                0, text.size() - numbers.between(150'000, 250'000)),
            server_);
  late.settle(server_);
  expect_others_are_served(numbers);
  server_.stop();
  late.read_and_push(text);
  server_.go_on();
  EXPECT_EQ(late.compared(text, late.finish()), kAll)
      << "the client read a part, and sent more while a rest was unsent";
  EXPECT_TRUE(server_.falls_asleep())
      << "all is sent, and the server keeps running";
}

TEST_F(EchoSeeded, OneEndsNeverReadsAndIsReset) {
  Seeded numbers("deaf");
  const std::string text = much(numbers);
  Client stays(server_);
  ASSERT_TRUE(stays.echoes("hello"));
  const int before = server_.open_fds();
  Client deaf(server_);
  deaf.push(text, server_);
  deaf.end_sending();
  expect_others_are_served(numbers);
  deaf.reset();
  EXPECT_TRUE(server_.comes_to_fds(before))
      << "a client was reset; its descriptor is still open";
  EXPECT_TRUE(stays.echoes("hello again"));
}

}  // namespace
