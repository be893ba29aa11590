// SPDX-License-Identifier: Apache-2.0
//
// How long connect_first() sleeps between two looks at its attempts. No test
// asks for the time: they count the sleeps, or tell which sleep has ended.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "client/support.h"
#include "netpoll/client/connector.h"
#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/net.h"
#include "support/waits.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;

constexpr long kFewWaits = 10;

// Without a socket that answers there is nothing to look at before the
// deadline. Broken variant: every sleep is as short as the one for a full queue
// of a unix server.
TEST(ConnectorSleep, LastsUntilTheDeadlineWhenNobodyAnswers) {
  const UniqueFd full =
      *os::listen_on(test::tcp("127.0.0.2:0"), {.backlog = 1});
  const Address silent = *Address::local_of(full.get());
  const UniqueFd first = *os::connect_to(silent, test::soon());
  const UniqueFd second = *os::connect_to(silent, test::soon());
  const long before = test::waits();
  EXPECT_EQ(test::error_of(
                connect_first(std::vector{silent},
                              {.deadline = deadline_after(milliseconds(200))})),
            Errc::dial_timeout);
  EXPECT_LE(test::waits() - before, kFewWaits);
}

// A unix server whose queue of waiting clients is full.
class FullQueue : public testing::Test {
 protected:
  const test::FdsBalance balance;
  const Address name = *Address::parse(
      "unix", "@netpoll-connector-sleep-" + std::to_string(::getpid()));
  const UniqueFd server = *os::listen_on(name, {.backlog = 1});
  const UniqueFd first = *os::connect_to(name, test::soon());
  const UniqueFd second = *os::connect_to(name, test::soon());
};

// No event tells that. Broken variant: the sleep lasts until the deadline.
TEST_F(FullQueue, IsTriedAgainAndFoundToHaveRoom) {
  bool was_full = false;
  const auto begin = [&](const Address& peer, const Address& local) {
    Result<os::Begun> begun = os::begin_connect(peer, local);
    was_full = begun && begun->queue_full;
    EXPECT_TRUE(os::accept4(server.get())->has_value());
    return begun;
  };
  const auto socket = connect_first(std::vector{name},
                                    {.deadline = test::soon(), .begin = begin});
  EXPECT_TRUE(was_full);
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->peer, name);
}

// Broken variant: the pause for a full queue comes before it.
TEST_F(FullQueue, NextAddressThatIsDueIsTriedWithoutASleep) {
  constexpr std::size_t kPeers = 100;
  std::size_t tried = 0;
  const auto begin = [&](const Address& peer,
                         const Address& local) -> Result<os::Begun> {
    if (++tried == kPeers) return os::Begun{.fd = test::socket_pair().near};
    return os::begin_connect(peer, local);
  };
  const std::vector<Address> peers(kPeers, name);
  const long before = test::waits();
  EXPECT_TRUE(connect_first(peers, {.deadline = test::soon(),
                                    .attempt_delay = milliseconds(0),
                                    .begin = begin}));
  EXPECT_EQ(tried, kPeers);
  EXPECT_LE(test::waits() - before, kFewWaits);
}

}  // namespace
}  // namespace netpoll
