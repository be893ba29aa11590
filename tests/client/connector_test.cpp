// SPDX-License-Identifier: Apache-2.0
//
// Which address is tried when, how often, and whose error is told; the attempts
// are made up.
#include "netpoll/client/connector.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "client/support.h"
#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::error_of;
using test::tcp;

std::unexpected<std::error_code> failed(std::errc code) {
  return fail(make_error_code(code));
}

class ConnectorTest : public testing::Test {
 protected:
  Result<Connected> connect() {
    const auto count = [this](const Address& peer, Deadline deadline,
                              const Address& from) {
      EXPECT_EQ(deadline, limit);
      EXPECT_EQ(from.to_string(), local.to_string());
      tried.push_back(peer.to_string());
      return attempt(peer.to_string());
    };
    return connect_first(peers, limit, local, count);
  }

  const test::FdsBalance balance;
  const Deadline limit = test::soon();
  const std::vector<Address> peers{tcp("10.0.0.1:80"), tcp("10.0.0.2:80")};
  Address local;
  std::function<Result<UniqueFd>(const std::string& peer)> attempt;
  std::vector<std::string> tried;
};

TEST_F(ConnectorTest, TakesTheFirstThatConnects) {
  attempt = [](const std::string&) { return test::socket_pair().near; };
  const auto socket = connect();
  ASSERT_TRUE(socket && socket->fd);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.1:80");
  EXPECT_EQ(tried, (std::vector<std::string>{"10.0.0.1:80"}));
}

TEST_F(ConnectorTest, TriesTheNextAfterAFailure) {
  attempt = [](const std::string& peer) -> Result<UniqueFd> {
    if (peer == "10.0.0.1:80") return failed(std::errc::connection_refused);
    return test::socket_pair().near;
  };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.2:80");
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
  attempt = [](const std::string&) { return fail(Errc::dial_timeout); };
  EXPECT_EQ(error_of(connect()), Errc::dial_timeout);
  EXPECT_EQ(tried.size(), 1u);
}

TEST_F(ConnectorTest, DeadlineIsToldThoughAnEarlierAddressFailed) {
  attempt = [](const std::string& peer) {
    return peer == "10.0.0.1:80" ? failed(std::errc::connection_refused)
                                 : fail(Errc::dial_timeout);
  };
  EXPECT_EQ(error_of(connect()), Errc::dial_timeout);
}

TEST_F(ConnectorTest, PortThatIsTakenAfterAllIsTriedAgain) {
  attempt = [this](const std::string&) -> Result<UniqueFd> {
    if (tried.size() < 3) return failed(std::errc::address_not_available);
    return test::socket_pair().near;
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
  attempt = [this](const std::string&) {
    return tried.size() < 3 ? test::self_connected() : test::socket_pair().near;
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
  local = tcp("10.0.0.9:1234");
  attempt = [](const std::string&) { return test::self_connected(); };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_TRUE(os::is_self_connected(socket->fd.get()));
  EXPECT_EQ(tried.size(), 1u);
}

TEST_F(ConnectorTest, APortOfOnesOwnIsNotTriedAgain) {
  local = tcp("10.0.0.9:1234");
  attempt = [](const std::string&) {
    return failed(std::errc::address_not_available);
  };
  EXPECT_EQ(error_of(connect()), std::errc::address_not_available);
  EXPECT_EQ(tried.size(), peers.size());
}

}  // namespace
}  // namespace netpoll
