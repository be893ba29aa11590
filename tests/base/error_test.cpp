// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "netpoll/base/check.h"
#include "netpoll/base/error.h"
#include "netpoll/base/result.h"

namespace netpoll {
namespace {

std::error_code system_error(int number) {
  return {number, std::system_category()};
}

TEST(Errc, HasUpstreamsNumbers) {
  EXPECT_EQ(std::error_code(Errc::conn_closed).value(), 0x101);
  EXPECT_EQ(std::error_code(Errc::read_timeout).value(), 0x102);
  EXPECT_EQ(std::error_code(Errc::dial_timeout).value(), 0x103);
  EXPECT_EQ(std::error_code(Errc::unsupported).value(), 0x105);
  EXPECT_EQ(std::error_code(Errc::eof).value(), 0x106);
  EXPECT_EQ(std::error_code(Errc::write_timeout).value(), 0x107);
  EXPECT_EQ(std::error_code(Errc::concurrent_access).value(), 0x108);
}

TEST(Errc, ConvertsToACodeOfTheNetpollCategory) {
  const std::error_code error = Errc::eof;
  EXPECT_TRUE(error);
  EXPECT_EQ(error.category(), error_category());
  EXPECT_STREQ(error.category().name(), "netpoll");
  EXPECT_EQ(error.message(), "end of stream: the peer closed the connection");
}

TEST(Errc, DiffersFromTheSystemErrorOfTheSameNumber) {
  EXPECT_NE(std::error_code(Errc::conn_closed), system_error(0x101));
}

TEST(Errc, HasATextForEveryCodeAndForNone) {
  const std::string unknown = error_category().message(0x104);
  EXPECT_EQ(unknown, "unknown netpoll error");
  for (const int number :
       {0x101, 0x102, 0x103, 0x105, 0x106, 0x107, 0x108, 0x109, 0x10a}) {
    EXPECT_NE(error_category().message(number), unknown) << number;
  }
}

TEST(Condition, ConnectionClosedIsOurCloseAndThePeers) {
  EXPECT_EQ(std::error_code(Errc::conn_closed), Condition::connection_closed);
  EXPECT_EQ(std::error_code(Errc::eof), Condition::connection_closed);
}

TEST(Condition, ConnectionClosedIsAlsoWhatSendmsgSays) {
  EXPECT_EQ(system_error(EPIPE), Condition::connection_closed);
  EXPECT_EQ(system_error(ECONNRESET), Condition::connection_closed);
  EXPECT_NE(system_error(ECONNREFUSED), Condition::connection_closed);
}

TEST(Condition, ConnectionClosedIsNoTimeout) {
  EXPECT_NE(std::error_code(Errc::read_timeout), Condition::connection_closed);
  EXPECT_NE(std::error_code(), Condition::connection_closed);
  EXPECT_NE(std::error_code(Errc::eof), Condition::timed_out);
}

TEST(Condition, TimedOutIsOursAndTheSystems) {
  EXPECT_EQ(std::error_code(Errc::read_timeout), Condition::timed_out);
  EXPECT_EQ(std::error_code(Errc::write_timeout), Condition::timed_out);
  EXPECT_EQ(std::error_code(Errc::dial_timeout), Condition::timed_out);
  EXPECT_EQ(system_error(ETIMEDOUT), Condition::timed_out);
  EXPECT_EQ(make_error_code(std::errc::timed_out), Condition::timed_out);
  EXPECT_NE(system_error(ECONNRESET), Condition::timed_out);
}

TEST(Error, OfTheSystemIsErrno) {
  errno = EMFILE;
  EXPECT_EQ(last_system_error(), std::errc::too_many_files_open);
}

TEST(Result, IsTheValueOrTheCodeThatFailMade) {
  const Result<int> value = 7;
  const Result<int> none = fail(Errc::unsupported);
  EXPECT_EQ(value, 7);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), Errc::unsupported);
}

TEST(CheckDeathTest, EndsTheProcessWithFileAndReason) {
  check(true, "not said");
  EXPECT_DEATH(check(false, "the sky fell"),
               "netpoll: .*error_test.cpp:[0-9]+: the sky fell");
}

}  // namespace
}  // namespace netpoll
