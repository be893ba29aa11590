// SPDX-License-Identifier: Apache-2.0
//
// Connecting, and asking a silent peer whether it lives.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/fds.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::FdsBalance;
using test::soon;

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

class ConnectTest : public testing::Test {
 protected:
  const FdsBalance balance;
  UniqueFd listener = *listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  const Address address = *Address::local_of(listener.get());
};

TEST_F(ConnectTest, E2Row9RefusedIsConnectionRefused) {
  listener.reset();
  EXPECT_EQ(error_of(connect_to(address, soon())),
            std::errc::connection_refused);
}

// Upstream's #364: whoever limits the time wants to hear of the time.
TEST_F(ConnectTest, E1Row364DeadlineWinsOverARefusalAtTheSameTime) {
  listener.reset();
  const auto fd = connect_to(address, Deadline::clock::now());
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error(), Errc::dial_timeout);
  EXPECT_EQ(fd.error(), Condition::timed_out);
}

TEST_F(ConnectTest, ComesFromItsLocalAddress) {
  const auto fd =
      connect_to(address, soon(), *Address::parse("tcp", "127.0.0.9:0"));
  ASSERT_TRUE(fd) << fd.error().message();
  const std::string near = Address::local_of(fd->get())->to_string();
  EXPECT_TRUE(near.starts_with("127.0.0.9:")) << near;
}

TEST_F(ConnectTest, FromAnAddressOfAnotherMachineFails) {
  const auto fd =
      connect_to(address, soon(), *Address::parse("tcp", "192.0.2.1:0"));
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error(), std::errc::address_not_available);
}

// Else one local address had only as many connections as there are ports.
TEST_F(ConnectTest, LeavesThePortOfALocalAddressToConnect) {
  const auto fd =
      connect_to(address, soon(), *Address::parse("tcp", "127.0.0.1:0"));
  EXPECT_EQ(option(fd->get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), 1);
}

TEST_F(ConnectTest, SeesWhenItMeetsItself) {
  const UniqueFd other = *connect_to(address, soon());
  EXPECT_FALSE(is_self_connected(other.get()));
  listener.reset();
  const auto self = connect_to(address, soon(), address);
  ASSERT_TRUE(self) << self.error().message();
  EXPECT_TRUE(is_self_connected(self->get()));
  EXPECT_FALSE(is_self_connected(test::socket_pair().near.get()));
  EXPECT_FALSE(is_self_connected(-1));
}

class UnixConnectTest : public testing::Test {
 protected:
  // With room for two.
  UnixConnectTest() {
    for (int i = 0; i < 2; ++i)
      waiting.push_back(*connect_to(address, soon()));
  }

  const FdsBalance balance;
  const Address address =
      *Address::parse("unix", "@netpoll-connect-" + std::to_string(::getpid()));
  UniqueFd listener = *listen_on(address, {.backlog = 1});
  std::vector<UniqueFd> waiting;
};

TEST_F(UnixConnectTest, TimesOutWhenTheServerDoesNotKeepUp) {
  EXPECT_EQ(error_of(connect_to(address, milliseconds(20))),
            Errc::dial_timeout);
}

TEST_F(UnixConnectTest, IsRefusedWhenTheServerGoesMeanwhile) {
  listener.reset();
  EXPECT_EQ(error_of(connect_to(address, soon())),
            std::errc::connection_refused);
}

// No event tells that a full queue has room again.
TEST_F(UnixConnectTest, BeginsAgainUntilTheServerHasRoom) {
  Result<Begun> begun = begin_connect(address);
  ASSERT_TRUE(begun);
  EXPECT_TRUE(begun->queue_full);
  ASSERT_FALSE(continue_connect(*begun, address));
  EXPECT_TRUE(begun->queue_full);
  ASSERT_TRUE(accept4(listener.get())->has_value());
  ASSERT_FALSE(continue_connect(*begun, address));
  EXPECT_FALSE(begun->queue_full);
  EXPECT_FALSE(connect_result(begun->fd.get()));
  EXPECT_TRUE(Address::peer_of(begun->fd.get()));
}

struct Asks {
  int seconds;
  int interval;
  int questions;
};

class KeepaliveSeconds : public testing::TestWithParam<Asks> {};

TEST_P(KeepaliveSeconds, AreFollowedByAboutAsManyOfQuestions) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto [seconds, interval, questions] = GetParam();
  ASSERT_FALSE(set_keepalive(fd.get(), seconds));
  EXPECT_EQ(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE), seconds);
  EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL), interval);
  EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPCNT), questions);
}

INSTANTIATE_TEST_SUITE_P(Keepalive, KeepaliveSeconds,
                         testing::Values(Asks{1, 1, 1}, Asks{2, 1, 2},
                                         Asks{5, 1, 5}, Asks{6, 2, 3},
                                         Asks{60, 20, 3}, Asks{100, 33, 3},
                                         Asks{32767, 10922, 3}));

TEST(Keepalive, OfZeroSecondsIsOff) {
  const UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_FALSE(set_keepalive(fd.get(), 60));
  ASSERT_FALSE(set_keepalive(fd.get(), 0));
  EXPECT_EQ(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST(Keepalive, LongerThanTheKernelKnowsChangesNothing) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(set_keepalive(fd.get(), 32768), std::errc::invalid_argument);
  EXPECT_EQ(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST(Keepalive, LeavesAUnixSocketAlone) {
  const test::Pair pair = test::socket_pair();
  EXPECT_FALSE(set_keepalive(pair.near.get(), 60));
  EXPECT_EQ(option(pair.near.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(set_keepalive(-1, 60), std::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace netpoll::os
