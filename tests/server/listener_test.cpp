// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "server/support.h"
#include "support/error_of.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::error_of;
using test::FdsBalance;

TEST(Listener, Port0PicksAFreeOne) {
  const FdsBalance balance;
  const Listener listener = test::listen_anywhere();
  EXPECT_NE(listener.address().port(), 0);
  EXPECT_TRUE(test::client_of(listener.address()));
}

TEST(Listener, PassesOnWhyAnAddressIsNone) {
  EXPECT_EQ(error_of(Listener::listen("udp", "127.0.0.1:0")),
            Errc::unknown_network);
  EXPECT_EQ(error_of(Listener::listen("tcp", "nowhere")), Errc::missing_port);
  EXPECT_EQ(error_of(Listener::listen("unix", std::string("/tmp/a\0b", 8))),
            Errc::bad_path);
}

TEST(Listener, RefusesAnAddressInUse) {
  const FdsBalance balance;
  const Listener first = test::listen_anywhere();
  const auto second = Listener::listen("tcp", first.address().to_string());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), std::errc::address_in_use);
}

TEST(Listener, ClosedOneRefusesClients) {
  const FdsBalance balance;
  Listener listener = test::listen_anywhere();
  listener.close();
  listener.close();
  EXPECT_FALSE(test::client_of(listener.address()));
}

// Upstream's v0.7.0 hands out a listener whose accept() always fails.
TEST(Listener, E1Row420UdpIsRefusedBeforeASocketIsOpened) {
  const FdsBalance balance;
  for (const char* network : {"udp", "udp4", "udp6", "unixgram"}) {
    const auto listener = Listener::listen(network, "127.0.0.1:0");
    ASSERT_FALSE(listener) << network;
    EXPECT_EQ(listener.error(), Errc::unknown_network);
  }
}

TEST(Listener, NameListensOnItsIpv4Address) {
  const auto listener = Listener::listen("tcp", "localhost:0");
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_TRUE(listener->address().to_string().starts_with("127.0.0.1:"));
  EXPECT_TRUE(test::client_of(listener->address()));
}

TEST(Listener, SharesItsPortWhenToldTo) {
  const ListenOptions shared{.reuse_port = true};
  const auto first = Listener::listen("tcp", "127.0.0.1:0", shared);
  const std::string taken = first->address().to_string();
  EXPECT_TRUE(Listener::listen("tcp", taken, shared));
  EXPECT_EQ(error_of(Listener::listen("tcp", taken)),
            std::errc::address_in_use);
}

TEST(Listener, Tcp6TakesNoIpv4ClientAndTcpDoes) {
  const auto strict = Listener::listen("tcp6", "[::]:0");
  if (!strict) GTEST_SKIP() << "this machine has no IPv6";
  const auto both = Listener::listen("tcp", "[::]:0");
  ASSERT_TRUE(both);
  const auto ipv4_client_of = [](const Listener& listener) {
    const std::string port = std::to_string(listener.address().port());
    return test::client_of(*Address::parse("tcp", "127.0.0.1:" + port));
  };
  EXPECT_FALSE(ipv4_client_of(*strict));
  EXPECT_TRUE(ipv4_client_of(*both));
}

TEST(Listener, FromWhatDoesNotListenIsRefused) {
  const FdsBalance balance;
  EXPECT_EQ(error_of(Listener::from_fd(test::socket_pair().near)),
            Errc::invalid_argument);
  EXPECT_EQ(
      error_of(Listener::from_fd(UniqueFd(::socket(AF_INET, SOCK_DGRAM, 0)))),
      Errc::unsupported);
}

// Upstream's second close takes what another thread has opened in between.
TEST(Listener, E2Row8SecondCloseTakesNobodysDescriptor) {
  const FdsBalance balance;
  Listener listener = test::listen_anywhere();
  const int number = listener.fd();
  listener.close();
  const UniqueFd next(::dup(0));
  ASSERT_EQ(next.get(), number);  // the lowest free one: the listener's old one
  listener.close();
  EXPECT_NE(::fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace netpoll
