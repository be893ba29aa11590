// SPDX-License-Identifier: Apache-2.0
// Which name is looked up, from where to where the connection goes, what it is
// given, and which errors are told.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "client/support.h"
#include "netpoll/client/dialer.h"
#include "netpoll/os/socket.h"
#include "support.h"
#include "support/net.h"

namespace netpoll::one_deadline {
namespace {

TEST_F(OneDeadline, TheNameIsAskedOfTheCallersLookup) {
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << "the lookup of the options knows the name; dial() says: "
                    << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), there.to_string());
}

TEST_F(OneDeadline, TheNearEndIsTheOneThatTheCallerChose) {
  options.local = "127.0.0.7:0";
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->local_addr().to_string().substr(0, 10), "127.0.0.7:")
      << "the caller has chosen 127.0.0.7 as the near end";
}

TEST_F(OneDeadline, TheNearEndIsReadForTheSameNetwork) {
  const std::string name =
      "@netpoll-one-deadline-" + std::to_string(::getpid());
  const UniqueFd listener = *os::listen_on(*Address::parse("unix", name));
  options.local = name + "-near";
  const auto conn = dial(*runtime, "unix", name, options);
  ASSERT_TRUE(conn) << "the network is unix, and the near end is a unix socket "
                       "too; dial() says: "
                    << conn.error().message();
  EXPECT_EQ((*conn)->local_addr().to_string(), options.local);
}

TEST_F(OneDeadline, ABadNearEndIsToldBeforeAnybodyIsAsked) {
  const auto asked = std::make_shared<std::atomic<int>>(0);
  options.lookup = [asked, to = there](std::string_view, const HostPort&) {
    ++*asked;
    return Result<os::Addresses>(os::Addresses{to});
  };
  options.local = "nonsense";
  EXPECT_EQ(words(error_of_dial()), words(Errc::missing_port))
      << "the near end is the text nonsense";
  options.local = "a..b:0";
  EXPECT_EQ(words(error_of_dial()), words(Errc::bad_host))
      << "the near end is the text a..b:0, a name and no address";
  EXPECT_EQ(*asked, 0) << "the near end is no address; a name server was asked "
                          "for nothing";
}

TEST_F(OneDeadline, NoAddressOfTheNearEndsFamilyIsAnInvalidArgument) {
  options.local = "127.0.0.1:0";
  options.lookup = test::answering({tcp("[::1]:80")});
  EXPECT_EQ(words(error_of_dial()), words(Errc::invalid_argument))
      << "the near end is IPv4, the name has only IPv6";
}

TEST_F(OneDeadline, WhatTheLookupSaysIsToldUnchanged) {
  options.lookup = [](std::string_view, const HostPort&) {
    return Result<os::Addresses>(
        fail(make_error_code(std::errc::permission_denied)));
  };
  EXPECT_EQ(words(error_of_dial()),
            words(make_error_code(std::errc::permission_denied)))
      << "the lookup has failed with this error";
}

TEST_F(OneDeadline, WhatTheAddressesSayIsToldUnchanged) {
  options.lookup = test::answering({test::unused_address()});
  EXPECT_EQ(words(error_of_dial()),
            words(make_error_code(std::errc::connection_refused)))
      << "nobody listens at the only address, and there was time left";
}

// A unix socket stands for IPv6, which not every machine has.
TEST_F(OneDeadline, TheFamiliesTakeTurns) {
  const std::string name = "@netpoll-take-turns-" + std::to_string(::getpid());
  const UniqueFd other = *os::listen_on(*Address::parse("unix", name));
  options.lookup = test::answering(
      {test::unused_address(), there, *Address::local_of(other.get())});
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << "the first of three addresses refuses, the others "
                       "listen; dial() says: "
                    << conn.error().message();
  EXPECT_TRUE((*conn)->remote_addr().is_unix())
      << "the lookup's answer: two addresses of one family, and then one of "
         "another. The first refused, and the second of its family was tried "
         "before the other family had its turn";
}

TEST_F(OneDeadline, TheConnectionKnowsWhomItReallyTalksTo) {
  options.lookup =
      test::answering({tcp("0.0.0.0:" + std::to_string(there.port()))});
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), there.to_string())
      << "0.0.0.0 was dialled, and the kernel has chosen an address";
}

TEST_F(OneDeadline, TheConnectionHasTheCallersHandlers) {
  options.handlers.on_prepare = [](Connection& conn) { conn.close(); };
  EXPECT_EQ(words(error_of_dial()), words(Errc::conn_closed))
      << "on_prepare closes the connection, and was not called";
}

TEST_F(OneDeadline, TheConnectionHasTheCallersOptions) {
  options.options.keepalive = std::chrono::seconds(7);
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << conn.error().message();
  int on = 0;
  socklen_t size = sizeof on;
  ::getsockopt((*conn)->fd(), SOL_SOCKET, SO_KEEPALIVE, &on, &size);
  EXPECT_EQ(on, 1) << "options.options asks for keepalive; the socket has none";
}

}  // namespace
}  // namespace netpoll::one_deadline
