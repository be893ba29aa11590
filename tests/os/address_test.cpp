// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/address.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::FdsBalance;

struct Good {
  std::string network;
  std::string text;
  std::string printed;
  std::uint16_t port;
  int family;
};

class AddressGood : public testing::TestWithParam<Good> {};

TEST_P(AddressGood, IsPrintedAsItParses) {
  const Good& want = GetParam();
  const Result<Address> address = Address::parse(want.network, want.text);
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->to_string(), want.printed);
  EXPECT_EQ(address->port(), want.port);
  EXPECT_EQ(address->family(), want.family);
}

INSTANTIATE_TEST_SUITE_P(
    Address, AddressGood,
    testing::Values(
        Good{"tcp", "127.0.0.1:8080", "127.0.0.1:8080", 8080, AF_INET},
        Good{"tcp4", "1.2.3.4:0", "1.2.3.4:0", 0, AF_INET},
        Good{"tcp", ":65535", "0.0.0.0:65535", 65535, AF_INET},
        Good{"tcp6", ":80", "[::]:80", 80, AF_INET6},
        Good{"tcp", "[::1]:443", "[::1]:443", 443, AF_INET6},
        Good{"tcp6", "[2001:db8::7]:1", "[2001:db8::7]:1", 1, AF_INET6},
        Good{"tcp", "[fe80::1%lo]:1", "[fe80::1%lo]:1", 1, AF_INET6},
        Good{"tcp6", "[fe80::1%4000000000]:1", "[fe80::1%4000000000]:1", 1,
             AF_INET6},
        Good{"unix", "/tmp/echo.sock", "/tmp/echo.sock", 0, AF_UNIX},
        Good{"unix", "@echo", "@echo", 0, AF_UNIX},
        Good{"unix", std::string(107, 'p'), std::string(107, 'p'), 0,
             AF_UNIX}));

struct Bad {
  std::string network;
  std::string text;
  Errc error;
};

class AddressBad : public testing::TestWithParam<Bad> {};

TEST_P(AddressBad, IsRefusedWithItsCode) {
  const Result<Address> address =
      Address::parse(GetParam().network, GetParam().text);
  ASSERT_FALSE(address) << address->to_string();
  EXPECT_EQ(address.error(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Address, AddressBad,
    testing::Values(
        Bad{"udp", "127.0.0.1:1", Errc::unsupported},
        Bad{"", "127.0.0.1:1", Errc::unsupported},
        Bad{"tcp", "", Errc::invalid_argument},
        Bad{"tcp", "127.0.0.1", Errc::invalid_argument},
        Bad{"tcp", "127.0.0.1:", Errc::invalid_argument},
        Bad{"tcp", "127.0.0.1:65536", Errc::invalid_argument},
        Bad{"tcp", "127.0.0.1:-1", Errc::invalid_argument},
        Bad{"tcp", "127.0.0.1:80x", Errc::invalid_argument},
        Bad{"tcp", "127.0.0.256:80", Errc::invalid_argument},
        Bad{"tcp", "localhost:80", Errc::invalid_argument},
        Bad{"tcp", "::1:80", Errc::invalid_argument},
        Bad{"tcp", "[::1:80", Errc::invalid_argument},
        Bad{"tcp", "[fe80::1%]:80", Errc::invalid_argument},
        Bad{"tcp", "[fe80::1%0]:80", Errc::invalid_argument},
        Bad{"tcp", "[fe80::1%no such]:80", Errc::invalid_argument},
        Bad{"tcp", "127.0.0.1%lo:80", Errc::invalid_argument},
        Bad{"tcp", std::string("127.0.0.1\0:80", 13), Errc::invalid_argument},
        Bad{"tcp4", "[::1]:80", Errc::invalid_argument},
        Bad{"tcp6", "127.0.0.1:80", Errc::invalid_argument},
        Bad{"unix", "", Errc::invalid_argument},
        Bad{"unix", std::string(108, 'p'), Errc::invalid_argument}));

TEST(Address, IsNoneUntilParsed) {
  const Address none;
  EXPECT_EQ(none.family(), AF_UNSPEC);
  EXPECT_EQ(none.network(), "");
  EXPECT_EQ(none.to_string(), "");
  EXPECT_EQ(none.port(), 0);
}

TEST(Address, NamesItsNetwork) {
  EXPECT_EQ(Address::parse("tcp6", "[::1]:0")->network(), "tcp");
  EXPECT_EQ(Address::parse("unix", "@a")->network(), "unix");
  EXPECT_TRUE(Address::parse("unix", "@a")->is_unix());
}

TEST(Address, OfABoundSocketHasTheKernelsPort) {
  const FdsBalance balance;
  const Result<UniqueFd> fd =
      os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  ASSERT_TRUE(fd);
  const Result<Address> local = Address::local_of(fd->get());
  ASSERT_TRUE(local);
  EXPECT_NE(local->port(), 0);
  EXPECT_TRUE(local->to_string().starts_with("127.0.0.1:"));
}

TEST(Address, OfAnAbstractSocketComesBackFromTheKernel) {
  const FdsBalance balance;
  const std::string name = "@netpoll-" + std::to_string(::getpid());
  const Result<UniqueFd> fd = os::listen_on(*Address::parse("unix", name));
  ASSERT_TRUE(fd);
  EXPECT_EQ(Address::local_of(fd->get())->to_string(), name);
}

TEST(Address, OfANamelessSocketIsEmptyText) {
  const test::Pair pair = test::socket_pair();
  const Result<Address> local = Address::local_of(pair.near.get());
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->is_unix());
  EXPECT_EQ(local->to_string(), "");
}

TEST(Address, OfThePeerIsItsLocalOne) {
  const UniqueFd server = *os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  const Address there = *Address::local_of(server.get());
  const UniqueFd client = *os::connect_to(there, test::kPatience);
  EXPECT_EQ(Address::peer_of(client.get())->to_string(), there.to_string());
  EXPECT_EQ(Address::peer_of(server.get()).error(), std::errc::not_connected);
}

TEST(Address, OfNoSocketIsTheSystemsError) {
  const Result<Address> local = Address::local_of(-1);
  ASSERT_FALSE(local);
  EXPECT_EQ(local.error(), std::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace netpoll
