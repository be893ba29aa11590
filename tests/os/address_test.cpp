// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/address.h"

#include <gtest/gtest.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::string_literals::operator""s;
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
        Good{"unix", "@a\0b"s, "@a\0b"s, 0, AF_UNIX},
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
  EXPECT_EQ(address.error(), Condition::bad_address);
}

INSTANTIATE_TEST_SUITE_P(
    Address, AddressBad,
    testing::Values(Bad{"udp", "127.0.0.1:1", Errc::unknown_network},
                    Bad{"", "127.0.0.1:1", Errc::unknown_network},
                    Bad{"TCP", "127.0.0.1:1", Errc::unknown_network},
                    Bad{"tcp\0"s, "127.0.0.1:1", Errc::unknown_network},
                    Bad{"tcp", "", Errc::missing_port},
                    Bad{"tcp", "8080", Errc::missing_port},
                    Bad{"tcp", "127.0.0.1", Errc::missing_port},
                    Bad{"tcp", "127.0.0.1:", Errc::missing_port},
                    Bad{"tcp", "[::1]", Errc::missing_port},
                    Bad{"tcp", "127.0.0.1:65536", Errc::bad_port},
                    Bad{"tcp", "127.0.0.1:-1", Errc::bad_port},
                    Bad{"tcp", "127.0.0.1:+1", Errc::bad_port},
                    Bad{"tcp", "127.0.0.1:80x", Errc::bad_port},
                    Bad{"tcp", "127.0.0.1: 80", Errc::bad_port},
                    Bad{"tcp", "127.0.0.256:80", Errc::bad_host},
                    Bad{"tcp", "localhost:80", Errc::bad_host},
                    Bad{"tcp", "::1:80", Errc::bad_host},
                    Bad{"tcp", "[::1:80", Errc::bad_host},
                    Bad{"tcp", "[fe80::1%]:80", Errc::bad_host},
                    Bad{"tcp", "[fe80::1%0]:80", Errc::bad_host},
                    Bad{"tcp", "[fe80::1%no such]:80", Errc::bad_host},
                    Bad{"tcp", "[fe80::1%lo\0]:80"s, Errc::bad_host},
                    Bad{"tcp", "127.0.0.1%lo:80", Errc::bad_host},
                    Bad{"tcp", "127.0.0.1\0:80"s, Errc::bad_host},
                    Bad{"tcp",
                        "127.0.0.1:8\0"
                        "0"s,
                        Errc::bad_host},
                    Bad{"tcp4", "[::1]:80", Errc::bad_host},
                    Bad{"tcp6", "127.0.0.1:80", Errc::bad_host},
                    Bad{"unix", "", Errc::bad_path},
                    Bad{"unix", "/tmp/a\0b"s, Errc::bad_path},
                    Bad{"unix", "/tmp/a\0"s, Errc::bad_path},
                    Bad{"unix", "\0a"s, Errc::bad_path},
                    Bad{"unix", std::string(108, 'p'), Errc::bad_path}));

TEST(Address, AMistakeIsOfItsKindAndOfNoOther) {
  const std::error_code error = Errc::missing_port;
  EXPECT_EQ(error, Condition::bad_address);
  EXPECT_NE(error, Condition::timed_out);
  EXPECT_NE(std::error_code(Errc::invalid_argument), Condition::bad_address);
  EXPECT_EQ(make_error_condition(Condition::bad_address).message(),
            "no address");
  EXPECT_NE(error.message().find("HOST:PORT"), std::string::npos);
}

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

TEST(Address, HasAPathOnlyWhenItHasAFile) {
  EXPECT_EQ(Address::parse("unix", "/tmp/s")->path(), "/tmp/s");
  EXPECT_EQ(Address::parse("unix", "@s")->path(), "");
  EXPECT_EQ(Address::parse("tcp", "[::1]:0")->path(), "");
  EXPECT_EQ(Address().path(), "");
}

// A program that is not this library may bind a path that begins with "@".
TEST(Address, OfAPathThatBeginsLikeAnAbstractNameHasAFile) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  un.sun_path[0] = '@';
  const Address address =
      Address::from_system(reinterpret_cast<const sockaddr*>(&un), sizeof un);
  EXPECT_EQ(address.path(), "@");
}

// The kernel appends a terminator to a path that fills its field.
TEST(Address, OfAPathThatFillsItsFieldIsWhole) {
  const std::string path(sizeof(sockaddr_un::sun_path), 'p');
  sockaddr_storage storage{};
  auto* const un = reinterpret_cast<sockaddr_un*>(&storage);
  un->sun_family = AF_UNIX;
  path.copy(un->sun_path, path.size());
  const Address address =
      Address::from_system(reinterpret_cast<const sockaddr*>(&storage),
                           static_cast<socklen_t>(sizeof(sockaddr_un) + 1));
  EXPECT_EQ(address.to_string(), path);
}

TEST(Address, OfAnyLengthIsAValue) {
  const auto parsed = *Address::parse("unix", std::string(107, 'p'));
  Address copy = parsed;
  EXPECT_EQ(copy, parsed);
  copy = *Address::parse("unix", "@p");
  EXPECT_EQ(parsed.to_string(), std::string(107, 'p'));
  EXPECT_NE(copy, parsed);
  copy = Address();
  EXPECT_EQ(copy, Address());
  EXPECT_NE(*Address::parse("tcp", ":1"), *Address::parse("tcp", ":2"));
}

TEST(Address, OfANamelessSocketIsEmptyText) {
  const test::Pair pair = test::socket_pair();
  const Result<Address> local = Address::local_of(pair.near.get());
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->is_unix());
  EXPECT_EQ(local->to_string(), "");
}

// The first byte of the family alone already says AF_UNIX.
TEST(Address, OfAUnixSocketThatIsCutOffIsEmptyText) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  const Address address =
      Address::from_system(reinterpret_cast<const sockaddr*>(&un), 1);
  EXPECT_TRUE(address.is_unix());
  EXPECT_EQ(address.to_string(), "");
  EXPECT_EQ(address.path(), "");
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
