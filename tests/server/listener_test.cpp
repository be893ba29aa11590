// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "server/support.h"
#include "support/error_of.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::error_of;
using test::FdsBalance;

// A path of this process's own, free before and after.
class SocketPath {
 public:
  SocketPath() { std::filesystem::remove(path_); }
  ~SocketPath() { std::filesystem::remove(path_); }
  SocketPath(const SocketPath&) = delete;
  SocketPath& operator=(const SocketPath&) = delete;

  const std::string& text() const { return path_; }
  bool exists() const { return std::filesystem::exists(path_); }

 private:
  const std::string path_ =
      testing::TempDir() + "netpoll-" + std::to_string(::getpid()) + ".sock";
};

TEST(Listener, Port0PicksAFreeOne) {
  const FdsBalance balance;
  const Listener listener = test::listen_anywhere();
  EXPECT_NE(listener.address().port(), 0);
  EXPECT_TRUE(test::client_of(listener.address()));
}

TEST(Listener, PassesOnWhyAnAddressIsNone) {
  EXPECT_EQ(error_of(Listener::listen("udp", "127.0.0.1:0")),
            Errc::unsupported);
  EXPECT_EQ(error_of(Listener::listen("tcp", "nowhere")),
            Errc::invalid_argument);
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
    EXPECT_EQ(listener.error(), Errc::unsupported);
  }
}

TEST(Listener, RemovesItsUnixSocketsFile) {
  const FdsBalance balance;
  const SocketPath path;
  {
    const auto listener = Listener::listen("unix", path.text());
    ASSERT_TRUE(listener);
    EXPECT_TRUE(path.exists());
    EXPECT_EQ(listener->address().to_string(), path.text());
  }
  EXPECT_FALSE(path.exists());
}

TEST(Listener, MovedFromOneLeavesTheFile) {
  const SocketPath path;
  Result<Listener> first = Listener::listen("unix", path.text());
  ASSERT_TRUE(first);
  const Listener second = *std::move(first);
  first->close();  // NOLINT(bugprone-use-after-move): it has nothing
  EXPECT_TRUE(path.exists());
}

TEST(Listener, ReplacesASocketThatNobodyListensOn) {
  const FdsBalance balance;
  const SocketPath path;
  // As after kill -9: the descriptor is gone, the file is not.
  os::listen_on(*Address::parse("unix", path.text()))->reset();
  ASSERT_TRUE(path.exists());
  const auto listener = Listener::listen("unix", path.text());
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_TRUE(test::client_of(listener->address()));
}

TEST(Listener, LeavesASocketThatSomebodyListensOn) {
  const SocketPath path;
  const auto first = Listener::listen("unix", path.text());
  const auto second = Listener::listen("unix", path.text());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), std::errc::address_in_use);
  EXPECT_TRUE(test::client_of(first->address()));
}

TEST(Listener, LeavesAFileThatIsNoSocket) {
  const SocketPath path;
  std::ofstream(path.text()) << "precious";
  EXPECT_EQ(error_of(Listener::listen("unix", path.text())),
            std::errc::address_in_use);
  EXPECT_EQ(std::filesystem::file_size(path.text()), 8u);
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

// Upstream: TestConvertListener.
TEST(Listener, FromASocketServesAndLeavesTheFile) {
  const FdsBalance balance;
  const SocketPath path;
  UniqueFd inherited = *os::listen_on(*Address::parse("unix", path.text()));
  const int number = inherited.get();
  {
    auto listener = Listener::from_fd(std::move(inherited));
    ASSERT_TRUE(listener) << listener.error().message();
    EXPECT_EQ(listener->fd(), number);  // the same one, not a copy
    EXPECT_EQ(listener->address().to_string(), path.text());
    EXPECT_FALSE(listener->accept()->has_value());  // and does not block
    const UniqueFd client = test::client_of(listener->address());
    EXPECT_TRUE(listener->accept()->has_value());
  }
  EXPECT_TRUE(path.exists());
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
