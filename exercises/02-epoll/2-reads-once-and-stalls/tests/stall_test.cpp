// SPDX-License-Identifier: Apache-2.0
// What os::Epoll promises to somebody who reads once for each event.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "netpoll/os/epoll.h"
#include "netpoll/os/io.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::Pair;
using test::socket_pair;

class Stall : public testing::Test {
 protected:
  // The events of what is ready now, without sleeping; 0: none.
  std::uint32_t reported() {
    std::array<epoll_event, 1> room{};
    const auto ready = epoll.wait(room, 0);
    return ready && !ready->empty() ? ready->front().events : 0;
  }

  // A server that reads 8 bytes for each event: what it has read when no event
  // comes any more.
  std::string served() {
    std::string text;
    for (int turns = 0; turns < 10 && reported() != 0; ++turns) {
      std::array<std::byte, 8> room{};
      const auto got = recv(pair.near.get(), room);
      if (!got || got->bytes == 0) break;
      text += test::text_of(std::span(room).first(got->bytes));
    }
    return text;
  }

  void say(std::string_view text) { test::send_all(pair.far.get(), text); }

  Epoll epoll = *Epoll::open();
  Pair pair = socket_pair();
  int tag = 0;
};

constexpr std::string_view kLong = "twenty-four bytes, as it";

TEST_F(Stall, ARequestThatFitsIntoOneReadIsServed) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  say("short");
  EXPECT_EQ(served(), "short");
}

TEST_F(Stall, ALongRequestIsServedToItsEnd) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  say(kLong);
  EXPECT_EQ(served(), kLong)
      << "the rest lies in the receive buffer; the server sleeps, the client "
         "waits for its answer, and neither will move";
}

TEST_F(Stall, ARequestIsNotServedOneRequestLate) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  say(kLong);
  static_cast<void>(served());
  say("next");
  EXPECT_TRUE(served().ends_with("next"))
      << "the new bytes woke the server, and it read old ones";
}

// The same socket after its interest has been changed: a client that was slow
// for a while.
TEST_F(Stall, ALongRequestIsServedAfterAChangeOfInterestToo) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::output, &tag));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::input, &tag));
  say(kLong);
  EXPECT_EQ(served(), kLong) << "set() was called before";
}

TEST_F(Stall, WhatIsNotReadIsReportedEachTime) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  say("x");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(reported(), EPOLLIN) << "nobody has read it yet";
}

TEST_F(Stall, TheEndOfAStreamIsReportedEachTimeAndAsInput) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ::shutdown(pair.far.get(), SHUT_WR);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(reported(), EPOLLIN) << "who reads finds the end; the peer may "
                                      "still wait for its answer";
}

TEST_F(Stall, RoomToSendIsReportedAsLongAsItIsWatched) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::output, &tag));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(reported(), EPOLLOUT)
        << "who sends a part for each event would never send the rest";
}

TEST_F(Stall, BothDirectionsAreReportedAsLongAsTheyAreWatched) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::input_output, &tag));
  say("x");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(reported(), EPOLLIN | EPOLLOUT);
}

TEST_F(Stall, WhatIsNotWatchedIsNotReported) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  EXPECT_EQ(reported(), 0U) << "nothing has come";
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::none, &tag));
  say("x");
  EXPECT_EQ(reported(), 0U) << "nobody wants to hear of this input now";
}

// Level-triggered goes round: one that is never read to the end hides nobody.
TEST_F(Stall, OneThatIsNeverFinishedDoesNotHideAnother) {
  Pair other = socket_pair();
  int other_tag = 0;
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ASSERT_FALSE(epoll.add(other.near.get(), &other_tag));
  say(kLong);
  test::send_all(other.far.get(), "x");
  std::string seen;
  for (int i = 0; i < 4; ++i) {
    std::array<epoll_event, 1> room{};
    const auto ready = epoll.wait(room, 0);
    if (ready && !ready->empty())
      seen += ready->front().data.ptr == &tag ? 'a' : 'b';
  }
  EXPECT_EQ(seen, "abab") << "two sockets, neither read to its end, take turns";
}

}  // namespace
}  // namespace netpoll::os
