// SPDX-License-Identifier: Apache-2.0
// What must hold of the program, seen from its clients and from /proc.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "client.h"
#include "server.h"

namespace {

// Much more than the buffers of a connection take. No two places of it look
// alike, so a byte that is lost, doubled or overtaken is seen.
const std::string& much() {
  static const std::string text = [] {
    std::string numbers;
    for (int i = 0; numbers.size() < 1 << 16; ++i)
      numbers += std::to_string(i) + ' ';
    std::string all;
    for (int i = 0; all.size() < std::size_t{6} << 20; ++i)
      all += std::to_string(i) + ':' + numbers;
    return all;
  }();
  return text;
}

constexpr const char* kAll = "all came back, in order";

class EpollEcho : public testing::Test {
 protected:
  void SetUp() override {
    if (server_.port() == 0) works_ = false;
    if (!works_)
      FAIL() << "the program does not print where it listens, or serves nobody";
  }

  static bool works_;  // what does nothing at all is not waited for twice
  Server server_;
};

bool EpollEcho::works_ = true;

TEST_F(EpollEcho, ASecondClientIsServedWhileTheFirstIsSilent) {
  Client first(server_);
  works_ = first.echoes("hello");
  ASSERT_TRUE(works_) << "not even one client gets its echo";
  Client second(server_);
  EXPECT_TRUE(second.echoes("hello"))
      << "the server waits for the first client, and the second for the server";
}

TEST_F(EpollEcho, FiftyClientsEachGetTheirOwnBytes) {
  std::deque<Client> clients;
  for (int i = 0; i < 50; ++i)
    clients.emplace_back(server_);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i)
      ASSERT_TRUE(clients[i].echoes("client " + std::to_string(i)))
          << "a client got no echo, or that of another one";
  }
}

#ifndef __SANITIZE_THREAD__  // it has a thread of its own
TEST_F(EpollEcho, OneThreadServesThemAll) {
  std::deque<Client> clients;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(clients.emplace_back(server_).echoes("hello"))
        << "one of three clients got no echo";
  EXPECT_EQ(server_.threads(), 1) << "three clients are connected";
}
#endif

TEST_F(EpollEcho, ItSleepsWhenNobodySpeaks) {
  Client client(server_);
  ASSERT_TRUE(client.echoes("hello"));
  EXPECT_TRUE(server_.falls_asleep())
      << "there is nothing to do, and the server keeps running, or wakes again "
         "and again to have a look";
}

TEST_F(EpollEcho, AClientThatReadsLateGetsEveryByteInOrder) {
  Client late(server_);
  late.push(much(), server_);
  late.settle(server_);
  ASSERT_EQ(late.compared(much(), late.finish()), kAll)
      << "the client sent 6 MiB, and only then began to read";
  EXPECT_TRUE(late.echoes("hello"))
      << "it had to wait for its bytes; now it is not heard any more";
  EXPECT_TRUE(server_.falls_asleep())
      << "all is sent, and the server keeps running";
}

// When the server runs again, there is room, and input, and an older rest.
TEST_F(EpollEcho, NewBytesStayBehindTheRestOfOldOnes) {
  Client late(server_);
  const std::string_view old =
      std::string_view(much()).substr(0, much().size() - 200'000);
  late.push(old, server_);
  late.settle(server_);
  server_.stop();
  late.read_and_push(much());
  server_.go_on();
  EXPECT_EQ(late.compared(much(), late.finish()), kAll)
      << "the client read a part, and sent more while a rest was unsent";
}

TEST_F(EpollEcho, AClientThatDoesNotReadStopsNobodyElse) {
  Client deaf(server_);
  deaf.push(much(), server_);
  Client other(server_);
  EXPECT_TRUE(other.echoes("hello"))
      << "the server waits for room to send to a client that does not read";
}

TEST_F(EpollEcho, ItSleepsWhileAClientDoesNotRead) {
  Client deaf(server_);
  deaf.push(much(), server_);
  EXPECT_TRUE(server_.falls_asleep())
      << "there is no room to send, and the server keeps running";
}

TEST_F(EpollEcho, ItSleepsWhenThatClientHasFinishedSendingToo) {
  Client deaf(server_);
  deaf.push(much(), server_);
  deaf.end_sending();
  EXPECT_TRUE(server_.falls_asleep())
      << "a client has ended its own direction and does not read; there is no "
         "room to send, and the server keeps running";
}

TEST_F(EpollEcho, AClientThatHasFinishedSendingStillGetsItAll) {
  Client client(server_);
  client.push(much(), server_);
  EXPECT_EQ(client.compared(much(), client.finish_and_end(server_)), kAll)
      << "the client has ended its own direction, and still reads";
  EXPECT_TRUE(client.sees_the_end()) << "then the server must close";
}

TEST_F(EpollEcho, ADescriptorIsClosedWhenItsClientHasGone) {
  Client stays(server_);
  ASSERT_TRUE(stays.echoes("hello"));
  const int before = server_.open_fds();
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(Client(server_).echoes("hello"))
        << "a client got no echo while another one was there";
  EXPECT_TRUE(server_.comes_to_fds(before))
      << "three clients have come and gone; their descriptors are still open";
}

TEST_F(EpollEcho, AResetConcernsOneClient) {
  Client other(server_);
  ASSERT_TRUE(other.echoes("hello"));
  const int before = server_.open_fds();
  Client rude(server_);
  rude.push(std::string_view(much()).substr(0, 600'000), server_);
  rude.reset();
  const bool closed = server_.comes_to_fds(before);
  ASSERT_TRUE(other.echoes("hello")) << "the server has gone, or hangs";
  EXPECT_TRUE(closed) << "a client was reset; its descriptor is still open";
}

// The new client has the descriptor of the one before, most likely.
TEST_F(EpollEcho, ANewClientGetsNothingOfTheOneBefore) {
  Client other(server_);
  ASSERT_TRUE(other.echoes("hello"));
  const int before = server_.open_fds();
  Client rude(server_);
  rude.push(much(), server_);
  rude.reset();
  static_cast<void>(server_.comes_to_fds(before));
  EXPECT_TRUE(Client(server_).echoes("hello"))
      << "a client was reset while bytes for it were unsent; the next one got "
         "no echo, or bytes of the one before";
}

// The request is there, and its client has gone, before the server can run.
TEST_F(EpollEcho, AClientThatDoesNotWaitForItsAnswerConcernsNobodyElse) {
  Client other(server_);
  ASSERT_TRUE(other.echoes("hello"));
  const int before = server_.open_fds();
  Client hasty(server_);
  ASSERT_TRUE(hasty.echoes("hello"));
  server_.stop();
  hasty.push(std::string_view(much()).substr(0, 60'000), server_);
  hasty.close();
  server_.go_on();
  const bool closed = server_.comes_to_fds(before);
  ASSERT_TRUE(other.echoes("hello again"))
      << "the server has gone, or hangs: it wrote to a client that had gone";
  EXPECT_TRUE(closed)
      << "a client went before its answer came; its descriptor is still open";
}

}  // namespace
