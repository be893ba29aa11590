// SPDX-License-Identifier: Apache-2.0
//
// What a dial says when two things have happened. A deadline that has passed
// before the dial begins is the simplest way to have both at once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "client/support.h"
#include "netpoll/client/connector.h"
#include "netpoll/os/connect.h"
#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/net.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::error_of;
using test::tcp;

Deadline passed() {
  return Deadline::clock::now();
}
Deadline in_an_hour() {
  return deadline_after(hours(1));
}

// A unix socket's connect is over at once, whatever the machine is doing.
Address unix_name(const std::string& what) {
  return *Address::parse("unix", "@learn-" + what + std::to_string(::getpid()));
}

TEST(LateAndRefused, OneAddressRefusesInTime) {
  EXPECT_EQ(error_of(os::connect_to(test::unused_address(), in_an_hour())),
            std::errc::connection_refused)
      << "an hour was left: the caller wants to know that nobody listens";
}

TEST(LateAndRefused, OneAddressRefusesAtTheDeadline) {
  EXPECT_EQ(error_of(os::connect_to(test::unused_address(), passed())),
            Errc::dial_timeout)
      << "connect_to(): refused, and the deadline had come; the caller set the "
         "limit, and has a plan for it";
}

TEST(LateAndRefused, OneAddressFailsOtherwiseAtTheDeadline) {
  const Address nowhere = *Address::parse("unix", "/nowhere/at/all");
  EXPECT_EQ(error_of(os::connect_to(nowhere, in_an_hour())),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(error_of(os::connect_to(nowhere, passed())), Errc::dial_timeout)
      << "connect_to(): not every failure is a refusal; what counts is that "
         "the deadline had come";
}

TEST(LateAndRefused, OneAddressAnswersAtTheDeadline) {
  const Address name = unix_name("one");
  const UniqueFd server = *os::listen_on(name);
  EXPECT_TRUE(os::connect_to(name, passed()))
      << "connect_to(): the socket was connected, and was thrown away because "
         "it was late";
}

// Several addresses: the attempts are stand-ins.
class LateRace : public testing::Test {
 protected:
  Result<Connected> connect(Deadline deadline) {
    options.deadline = deadline;
    options.begin = [this](const Address& peer,
                           const Address&) -> Result<os::Begun> {
      tried.push_back(peer.to_string());
      Result<UniqueFd> fd = attempt(peer.to_string());
      if (!fd) return fail(fd.error());
      return os::Begun{.fd = *std::move(fd)};
    };
    return connect_first(peers, options);
  }
  static Result<UniqueFd> connected() { return test::socket_pair().near; }
  // A socket whose other end has hung up.
  static Result<UniqueFd> hung_up() {
    test::Pair pair = test::tcp_pair();
    test::reset(pair.far);
    return std::move(pair.near);
  }
  static Result<UniqueFd> refused() {
    return fail(make_error_code(std::errc::connection_refused));
  }

  std::vector<Address> peers{tcp("10.0.0.1:80"), tcp("10.0.0.2:80")};
  // So long that only a failure can make the next attempt begin.
  ConnectOptions options{.attempt_delay = hours(1)};
  std::function<Result<UniqueFd>(const std::string& peer)> attempt;
  std::vector<std::string> tried;
};

TEST_F(LateRace, AllFailInTime) {
  attempt = [](const std::string& peer) {
    return peer == "10.0.0.1:80" ? hung_up() : refused();
  };
  EXPECT_EQ(error_of(connect(in_an_hour())), std::errc::connection_reset)
      << "an hour was left: the caller wants to know why the first address "
         "failed";
}

TEST_F(LateRace, AHangUpComesAtTheDeadline) {
  attempt = [](const std::string&) { return hung_up(); };
  EXPECT_EQ(error_of(connect(passed())), Errc::dial_timeout)
      << "connect_first(): the other end has hung up, and the deadline had "
         "come";
}

TEST_F(LateRace, ARefusalComesAtTheDeadline) {
  attempt = [](const std::string&) { return refused(); };
  EXPECT_EQ(error_of(connect(passed())), Errc::dial_timeout)
      << "connect_first(): refused at once, and the deadline had come";
}

TEST_F(LateRace, NobodyElseIsTriedAfterTheDeadline) {
  attempt = [](const std::string&) { return hung_up(); };
  static_cast<void>(connect(passed()));
  EXPECT_EQ(tried.size(), 1U) << "the deadline had come, and so many addresses "
                                 "were tried";
}

TEST_F(LateRace, AnAnswerComesAtTheDeadline) {
  attempt = [](const std::string&) { return connected(); };
  EXPECT_TRUE(connect(passed()))
      << "connect_first(): a socket was connected, and was thrown away because "
         "it was late";
}

TEST_F(LateRace, AnAnswerComesInTime) {
  attempt = [](const std::string& peer) {
    return peer == "10.0.0.1:80" ? hung_up() : connected();
  };
  const auto socket = connect(in_an_hour());
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.2:80");
}

}  // namespace
}  // namespace netpoll
