// SPDX-License-Identifier: Apache-2.0
//
// How a socket listens, and taking over sockets that were made elsewhere.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/fds.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::error_of;
using test::FdsBalance;
using test::is_cloexec;
using test::is_non_blocking;

const Address& anywhere() {
  static const Address address = *Address::parse("tcp", "127.0.0.1:0");
  return address;
}

UniqueFd bare_socket(int family, int type) {
  return UniqueFd(::socket(family, type, 0));
}

// For a listening socket the kernel reports its backlog as tcpi_sacked.
std::uint32_t backlog_of(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_sacked;
}

TEST(ListenOn, WaitsForAsManyAsTheSystemAllows) {
  const FdsBalance balance;
  std::uint32_t system_maximum = 0;
  std::ifstream("/proc/sys/net/core/somaxconn") >> system_maximum;
  EXPECT_EQ(backlog_of(listen_on(anywhere())->get()), system_maximum);
}

TEST(ListenOn, WaitsForAsManyAsItIsTold) {
  EXPECT_EQ(backlog_of(listen_on(anywhere(), {.backlog = 7})->get()), 7u);
}

TEST(ListenOn, SharesItsPortOnlyWithWhoSharesToo) {
  const FdsBalance balance;
  const UniqueFd first = *listen_on(anywhere(), {.reuse_port = true});
  const Address taken = *Address::local_of(first.get());
  EXPECT_TRUE(listen_on(taken, {.reuse_port = true}));
  EXPECT_EQ(error_of(listen_on(taken)), std::errc::address_in_use);
}

// An IPv4 client at a socket that listens on [::].
Result<UniqueFd> ipv4_client_of_ipv6(bool ipv6_only) {
  const auto any = Address::parse("tcp6", "[::]:0");
  const auto listener = listen_on(*any, {.ipv6_only = ipv6_only});
  if (!listener) return fail(listener.error());
  const auto port = Address::local_of(listener->get())->port();
  return connect_to(*Address::parse("tcp", "127.0.0.1:" + std::to_string(port)),
                    test::kPatience);
}

TEST(ListenOn, TakesIpv4ClientsUnlessIpv6Only) {
  if (!listen_on(*Address::parse("tcp", "[::1]:0"))) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  const FdsBalance balance;
  EXPECT_TRUE(ipv4_client_of_ipv6(false));
  EXPECT_EQ(error_of(ipv4_client_of_ipv6(true)), std::errc::connection_refused);
}

TEST(TakeListening, MakesItNonBlockingAndCloexec) {
  const FdsBalance balance;
  UniqueFd bare = bare_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(::listen(bare.get(), 1), 0);
  const int number = bare.get();
  const Result<UniqueFd> taken = take_listening(std::move(bare));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->get(), number);
  EXPECT_TRUE(is_non_blocking(number));
  EXPECT_TRUE(is_cloexec(number));
}

TEST(TakeListening, RefusesAndClosesWhatDoesNotListen) {
  const FdsBalance balance;
  EXPECT_EQ(error_of(take_listening(bare_socket(AF_INET, SOCK_STREAM))),
            Errc::invalid_argument);
  EXPECT_EQ(error_of(take_listening(test::socket_pair().near)),
            Errc::invalid_argument);
}

TEST(TakeListening, RefusesAndClosesWhatIsNoStreamSocket) {
  const FdsBalance balance;
  EXPECT_EQ(error_of(take_listening(bare_socket(AF_INET, SOCK_DGRAM))),
            Errc::unsupported);
  EXPECT_EQ(error_of(take_listening(UniqueFd(::dup(0)))),
            std::errc::not_a_socket);
  EXPECT_EQ(error_of(take_listening(UniqueFd())),
            std::errc::bad_file_descriptor);
}

TEST(TakeConnected, MakesItNonBlockingAndCloexec) {
  const FdsBalance balance;
  int fds[2] = {-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  const UniqueFd far(fds[1]);
  const Result<UniqueFd> taken = take_connected(UniqueFd(fds[0]));
  ASSERT_TRUE(taken);
  EXPECT_TRUE(is_non_blocking(taken->get()));
  EXPECT_TRUE(is_cloexec(taken->get()));
  EXPECT_FALSE(is_non_blocking(far.get()));
}

TEST(TakeConnected, RefusesAndClosesWhatIsNotConnected) {
  const FdsBalance balance;
  EXPECT_EQ(error_of(take_connected(bare_socket(AF_INET, SOCK_STREAM))),
            std::errc::not_connected);
  EXPECT_EQ(error_of(take_connected(*listen_on(anywhere()))),
            Errc::invalid_argument);
}

TEST(TakeConnected, RefusesAndClosesWhatIsNoStreamSocket) {
  const FdsBalance balance;
  int fds[2] = {-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
  const UniqueFd far(fds[1]);
  EXPECT_EQ(error_of(take_connected(UniqueFd(fds[0]))), Errc::unsupported);
  EXPECT_EQ(error_of(take_connected(UniqueFd(::dup(0)))),
            std::errc::not_a_socket);
}

}  // namespace
}  // namespace netpoll::os
