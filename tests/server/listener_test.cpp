// SPDX-License-Identifier: Apache-2.0
//
// Listener, and the Acceptor that has it watched.
#include "server/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <string>
#include <vector>

#include "server/acceptor.h"
#include "server/support.h"
#include "support/error_of.h"
#include "support/fds.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::error_of;
using test::eventually;
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

// An acceptor that keeps what it accepts.
class AcceptorTest : public testing::Test {
 protected:
  explicit AcceptorTest() {
    Listener listener = test::listen_anywhere();
    address = listener.address();
    acceptor = make_ref<Acceptor>(*runtime, std::move(listener),
                                  [this](os::Accepted it) { keep(it); });
  }

  void keep(os::Accepted& it) {
    kept.push_back(std::move(it.fd));
    if (++accepted > 1 || !hold) return;
    entered.count_down();
    stopping.wait();
    test::give_others_a_chance();
  }

  const FdsBalance balance;
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  Address address;
  std::vector<UniqueFd> kept;  // the poller's
  std::atomic<int> accepted{0};
  bool hold = false;  // the first, between the two latches
  std::latch entered{1};
  std::latch stopping{1};
  Ref<Acceptor> acceptor;
};

// The first one is held until stop() waits for the turn to end; a second turn
// would have to win against it nine times.
TEST_F(AcceptorTest, AcceptsAllThatWaitInOneTurn) {
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; ++i)
    clients.push_back(test::client_of(address));
  hold = true;
  ASSERT_FALSE(acceptor->start());
  entered.wait();
  stopping.count_down();
  acceptor->stop();
  EXPECT_EQ(accepted, 10);
}

TEST_F(AcceptorTest, AcceptsNobodyOnceStopped) {
  ASSERT_FALSE(acceptor->start());
  acceptor->stop();
  EXPECT_FALSE(test::client_of(address));
  EXPECT_EQ(accepted, 0);
}

TEST_F(AcceptorTest, IsHeldByNobodyElseOnceStopped) {
  ASSERT_FALSE(acceptor->start());
  EXPECT_EQ(acceptor->holders(), 2u);
  acceptor->stop();
  EXPECT_TRUE(eventually([&] { return acceptor->holders() == 1; }));
}

TEST_F(AcceptorTest, PausesWithoutDescriptorsAndRecovers) {
  const test::LogLines lines;
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    ASSERT_EQ(::connect(client.get(), address.data(), address.size()), 0);
    EXPECT_TRUE(eventually([&] { return lines.all().size() >= 2; }));
    EXPECT_EQ(accepted, 0);
  }
  EXPECT_TRUE(eventually([&] { return accepted == 1; }));
  // Pauses of 10 ms, 20 ms, …: without them it would be thousands of lines.
  EXPECT_LT(lines.all().size(), 50u);
  EXPECT_EQ(lines.all().front(), "accept: Too many open files");
  acceptor->stop();
}

// Upstream: TestServerAcceptWhenTooManyOpenFiles, which is run by hand there.
TEST_F(AcceptorTest, WhoWaitedWithoutDescriptorsIsAcceptedAndSoIsTheNext) {
  const test::LogLines lines;
  std::vector<UniqueFd> clients(5);
  for (UniqueFd& client : clients)
    client.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    for (const UniqueFd& client : clients) {
      ASSERT_EQ(::connect(client.get(), address.data(), address.size()), 0);
    }
    EXPECT_TRUE(eventually([&] { return !lines.all().empty(); }));
  }
  EXPECT_TRUE(eventually([&] { return accepted == 5; }));
  clients.push_back(test::client_of(address));
  EXPECT_TRUE(eventually([&] { return accepted == 6; }));
  acceptor->stop();
}

TEST_F(AcceptorTest, StopEndsAPause) {
  const test::LogLines lines;
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_FALSE(acceptor->start());
  const test::NoMoreFds limit;
  ASSERT_EQ(::connect(client.get(), address.data(), address.size()), 0);
  EXPECT_TRUE(eventually([&] { return !lines.all().empty(); }));
  acceptor->stop();
  EXPECT_TRUE(eventually([&] { return acceptor->holders() == 1; }));
}

}  // namespace
}  // namespace netpoll
