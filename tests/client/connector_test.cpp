// SPDX-License-Identifier: Apache-2.0
//
// Which address is tried when, how often, and whose error is told. The attempts
// are stand-ins: sockets that are connected, or will never be.
#include "netpoll/client/connector.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "client/support.h"
#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::error_of;
using test::tcp;

std::unexpected<std::error_code> failed(std::errc code) {
  return fail(make_error_code(code));
}

class ConnectorTest : public testing::Test {
 protected:
  Result<Connected> connect() {
    options.begin = [this](const Address& peer,
                           const Address& from) -> Result<os::Begun> {
      EXPECT_EQ(from, options.local);
      tried.push_back(peer.to_string());
      Result<UniqueFd> fd = attempt(peer.to_string());
      if (!fd) return fail(fd.error());
      return os::Begun{.fd = *std::move(fd)};
    };
    return connect_first(peers, options);
  }

  // A socket that connects as soon as it is tried.
  static Result<UniqueFd> connected() { return test::socket_pair().near; }
  // A socket that never becomes writable, as one whose peer never answers.
  Result<UniqueFd> silent() {
    test::Pair pair = test::socket_pair();
    const std::string much(1 << 16, 'x');
    while (::send(pair.near.get(), much.data(), much.size(), 0) > 0) {
    }
    far_ends.push_back(std::move(pair.far));
    return std::move(pair.near);
  }

  const test::FdsBalance balance;
  std::vector<UniqueFd> far_ends;
  std::vector<Address> peers{tcp("10.0.0.1:80"), tcp("10.0.0.2:80")};
  // So long that only a failure can make the next attempt begin.
  ConnectOptions options{.deadline = test::soon(), .attempt_delay = hours(1)};
  std::function<Result<UniqueFd>(const std::string& peer)> attempt;
  std::vector<std::string> tried;
};

TEST_F(ConnectorTest, TakesTheFirstThatConnects) {
  attempt = [](const std::string&) { return connected(); };
  const auto socket = connect();
  ASSERT_TRUE(socket && socket->fd);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.1:80");
  EXPECT_EQ(tried, (std::vector<std::string>{"10.0.0.1:80"}));
}

TEST_F(ConnectorTest, TriesTheNextAtOnceAfterAFailure) {
  attempt = [](const std::string& peer) -> Result<UniqueFd> {
    if (peer == "10.0.0.1:80") return failed(std::errc::connection_refused);
    return connected();
  };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.2:80");
}

TEST_F(ConnectorTest, TriesTheNextWhileTheFirstDoesNotAnswer) {
  options.attempt_delay = milliseconds(1);
  attempt = [this](const std::string& peer) {
    return peer == "10.0.0.1:80" ? silent() : connected();
  };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.2:80");
}

// The one that is begun last fails; the first one goes on meanwhile.
TEST_F(ConnectorTest, TakesAnEarlierOneThatConnectsLater) {
  options.attempt_delay = milliseconds(0);
  int read_of_first = -1;
  attempt = [&](const std::string& peer) -> Result<UniqueFd> {
    if (peer == "10.0.0.1:80") {
      Result<UniqueFd> fd = silent();
      read_of_first = far_ends.back().get();
      return fd;
    }
    std::string drained(1 << 20, '\0');  // now the first one is writable
    EXPECT_GT(::recv(read_of_first, drained.data(), drained.size(), 0), 0);
    return failed(std::errc::connection_refused);
  };
  const auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.1:80");
  EXPECT_EQ(tried.size(), 2u);
}

TEST_F(ConnectorTest, ClosesTheAttemptsThatHaveNotWon) {
  options.attempt_delay = milliseconds(0);
  peers.push_back(tcp("10.0.0.3:80"));
  attempt = [this](const std::string& peer) {
    return peer == "10.0.0.3:80" ? connected() : silent();
  };
  ASSERT_TRUE(connect());
  ASSERT_EQ(far_ends.size(), 2u);
  // What was sent is still there, and then the end of the stream.
  for (const UniqueFd& far : far_ends) {
    std::string drained(1 << 20, '\0');
    while (::recv(far.get(), drained.data(), drained.size(), 0) > 0) {
    }
    EXPECT_TRUE(test::at_eof(far.get()));
  }
}

TEST_F(ConnectorTest, TellsTheFirstAddressesError) {
  attempt = [](const std::string& peer) {
    return peer == "10.0.0.1:80" ? failed(std::errc::connection_refused)
                                 : failed(std::errc::network_unreachable);
  };
  EXPECT_EQ(error_of(connect()), std::errc::connection_refused);
  EXPECT_EQ(tried.size(), 2u);
}

TEST_F(ConnectorTest, TriesNobodyElseAfterTheDeadline) {
  options.deadline = Deadline::clock::now();
  attempt = [this](const std::string&) { return silent(); };
  EXPECT_EQ(error_of(connect()), Errc::dial_timeout);
  EXPECT_EQ(tried.size(), 1u);
}

TEST_F(ConnectorTest, DeadlineIsOneOverAllAttempts) {
  options.deadline = deadline_after(milliseconds(300));
  options.attempt_delay = milliseconds(1);
  attempt = [this](const std::string&) { return silent(); };
  EXPECT_EQ(error_of(connect()), Errc::dial_timeout);
  EXPECT_EQ(tried.size(), 2u);
}

TEST_F(ConnectorTest, DeadlineIsToldThoughAllHaveFailed) {
  options.deadline = Deadline::clock::now();
  attempt = [](const std::string&) {
    return failed(std::errc::connection_refused);
  };
  EXPECT_EQ(error_of(connect()), Errc::dial_timeout);
}

TEST_F(ConnectorTest, PortThatIsTakenAfterAllIsTriedAgain) {
  attempt = [this](const std::string&) -> Result<UniqueFd> {
    if (tried.size() < 3) return failed(std::errc::address_not_available);
    return connected();
  };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.1:80");
  EXPECT_EQ(tried.size(), 3u);
}

TEST_F(ConnectorTest, PortThatIsAlwaysTakenFailsAfterThreeAttempts) {
  attempt = [](const std::string&) {
    return failed(std::errc::address_not_available);
  };
  EXPECT_EQ(error_of(connect()), std::errc::address_not_available);
  EXPECT_EQ(tried.size(), 3 * peers.size());
}

TEST_F(ConnectorTest, OtherErrorsAreNotTriedAgain) {
  attempt = [](const std::string&) {
    return failed(std::errc::permission_denied);
  };
  EXPECT_EQ(error_of(connect()), std::errc::permission_denied);
  EXPECT_EQ(tried.size(), peers.size());
}

TEST_F(ConnectorTest, WhoMeetsHimselfTriesAgain) {
  attempt = [this](const std::string&) -> Result<UniqueFd> {
    if (tried.size() < 3) return test::self_connected();
    return connected();
  };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_FALSE(os::is_self_connected(socket->fd.get()));
  EXPECT_EQ(tried.size(), 3u);
}

TEST_F(ConnectorTest, WhoMeetsOnlyHimselfIsRefused) {
  attempt = [](const std::string&) { return test::self_connected(); };
  EXPECT_EQ(error_of(connect()), std::errc::connection_refused);
  EXPECT_EQ(tried.size(), 3 * peers.size());
}

TEST_F(ConnectorTest, WhoAsksForHisOwnPortMayMeetHimself) {
  options.local = tcp("10.0.0.9:1234");
  attempt = [](const std::string&) { return test::self_connected(); };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_TRUE(os::is_self_connected(socket->fd.get()));
  EXPECT_EQ(tried.size(), 1u);
}

TEST_F(ConnectorTest, APortOfOnesOwnIsNotTriedAgain) {
  options.local = tcp("10.0.0.9:1234");
  attempt = [](const std::string&) {
    return failed(std::errc::address_not_available);
  };
  EXPECT_EQ(error_of(connect()), std::errc::address_not_available);
  EXPECT_EQ(tried.size(), peers.size());
}

// Two sockets cannot be bound to it at once.
TEST_F(ConnectorTest, APortOfOnesOwnIsUsedByOneAttemptAtATime) {
  options.local = tcp("10.0.0.9:1234");
  options.deadline = deadline_after(milliseconds(20));
  options.attempt_delay = milliseconds(0);
  attempt = [this](const std::string&) { return silent(); };
  EXPECT_EQ(error_of(connect()), Errc::dial_timeout);
  EXPECT_EQ(tried.size(), 1u);
}

// A listener on the loopback that never answers: its queue is full.
TEST_F(ConnectorTest, AnAddressThatNeverAnswersDoesNotHoldUpTheNext) {
  const UniqueFd full = *os::listen_on(tcp("127.0.0.2:0"), {.backlog = 1});
  const Address silent_peer = *Address::local_of(full.get());
  const UniqueFd first = *os::connect_to(silent_peer, test::soon());
  const UniqueFd second = *os::connect_to(silent_peer, test::soon());
  const UniqueFd server = *os::listen_on(tcp("127.0.0.1:0"));
  const Address there = *Address::local_of(server.get());
  options.attempt_delay = milliseconds(1);
  options.begin = os::begin_connect;
  const auto socket = connect_first(std::vector{silent_peer, there}, options);
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->peer, there);
}

TEST_F(ConnectorTest, AUnixServerThatDoesNotKeepUpIsTriedUntilTheDeadline) {
  const Address name = *Address::parse(
      "unix", "@netpoll-connector-" + std::to_string(::getpid()));
  const UniqueFd server = *os::listen_on(name, {.backlog = 1});
  const UniqueFd first = *os::connect_to(name, test::soon());
  const UniqueFd second = *os::connect_to(name, test::soon());
  options.begin = os::begin_connect;
  options.deadline = deadline_after(milliseconds(20));
  EXPECT_EQ(error_of(connect_first(std::vector{name}, options)),
            Errc::dial_timeout);
  ASSERT_TRUE(os::accept4(server.get())->has_value());
  options.deadline = test::soon();
  EXPECT_TRUE(connect_first(std::vector{name}, options));
}

std::vector<std::string> interleaved(const std::vector<std::string>& texts) {
  os::Addresses addresses;
  for (const std::string& text : texts)
    addresses.push_back(tcp(text));
  std::vector<std::string> mixed;
  for (const Address& it : interleave_families(addresses))
    mixed.push_back(it.to_string());
  return mixed;
}

using Texts = std::vector<std::string>;

TEST(InterleaveFamilies, LetsTheFamiliesTakeTurns) {
  EXPECT_EQ(interleaved({"[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"}),
            (Texts{"[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"}));
  EXPECT_EQ(interleaved({"1.1.1.1:1", "[::1]:1", "[::2]:1", "2.2.2.2:1"}),
            (Texts{"1.1.1.1:1", "[::1]:1", "2.2.2.2:1", "[::2]:1"}));
}

TEST(InterleaveFamilies, FirstFamilyMayBeTheShorterOne) {
  EXPECT_EQ(interleaved({"1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"}),
            (Texts{"1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"}));
}

TEST(InterleaveFamilies, LeavesOneFamilyInItsOrder) {
  EXPECT_EQ(interleaved({"2.2.2.2:1", "1.1.1.1:1"}),
            (Texts{"2.2.2.2:1", "1.1.1.1:1"}));
  EXPECT_EQ(interleaved({}), Texts{});
}

}  // namespace
}  // namespace netpoll
