// SPDX-License-Identifier: Apache-2.0
//
// A connection that gives its descriptor away.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::echo;
using test::eventually;
using test::Served;
using test::swallow;

// It works: a byte goes each way.
void expect_usable(const UniqueFd& fd, const Served& served) {
  ASSERT_TRUE(fd);
  EXPECT_NE(::fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_TRUE(test::send_all(fd.get(), "out"));
  EXPECT_EQ(served.receive(3), "out");
  served.send("in");
  EXPECT_TRUE(eventually([&] { return test::receive(fd.get(), 2) == "in"; }));
}

TEST(Detach, DescriptorIsOpenNonBlockingAndWatchedByNobody) {
  std::atomic<int> calls{0};
  Served served({.on_request = [&](Connection& conn) {
    ++calls;
    swallow(conn);
  }});
  ASSERT_FALSE(served.start());
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_TRUE(fd);
  expect_usable(*fd, served);
  EXPECT_EQ(calls, 0);
}

TEST(Detach, ConnectionIsTornDownAsByAClose) {
  std::atomic<int> told{0};
  Served served({.on_request = swallow});
  ASSERT_FALSE(served.start());
  served.conn().add_close_callback([&](Connection&) { ++told; });
  const Result<UniqueFd> fd = served.conn().detach();
  EXPECT_TRUE(fd);
  EXPECT_FALSE(served.conn().is_active());
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(told, 1);
}

TEST(Detach, LaterCloseLeavesTheDescriptorAlone) {
  Served served({});
  ASSERT_FALSE(served.start());
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_TRUE(fd);
  served.conn().close();
  ASSERT_TRUE(served.wait_torn_down());
  expect_usable(*fd, served);
}

TEST(Detach, WhatWasBufferedStaysReadable) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("early");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 5; }));
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_TRUE(fd);
  EXPECT_EQ(served.conn().reader().read_string(5), "early");
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::conn_closed);
}

TEST(Detach, InsideOnRequestItIsTornDownWhenTheHandlerReturns) {
  Result<UniqueFd> fd;
  std::atomic<bool> active{true};
  Served served({.on_request = [&](Connection& conn) {
    swallow(conn);
    fd = conn.detach();
    active = conn.is_active();
  }});
  ASSERT_FALSE(served.start());
  served.send("upgrade");
  ASSERT_TRUE(served.wait_torn_down());
  ASSERT_TRUE(fd);
  EXPECT_FALSE(active);
  expect_usable(*fd, served);
  fd->reset();  // before the descriptors are counted
}

TEST(Detach, EndsANextThatWaits) {
  Served served({});
  served.conn().set_max_input(1);  // a second byte comes in while next() waits
  ASSERT_FALSE(served.start());
  auto read = std::async(std::launch::async, [&] {
    const auto bytes = served.conn().reader().next(3);
    return bytes ? std::error_code() : bytes.error();
  });
  served.send("ab");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 2; }));
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_TRUE(fd);
  EXPECT_EQ(read.get(), Errc::conn_closed);
  expect_usable(*fd, served);
}

TEST(Detach, EndsAFlushThatWaits) {
  const std::string much(4 << 20, 'x');
  Served served({});
  ASSERT_FALSE(served.start());
  auto flush = std::async(std::launch::async, [&] {
    served.conn().writer().write_string(much);
    return served.conn().writer().flush();
  });
  ASSERT_TRUE(eventually([&] { return !served.conn().writer().is_empty(); }));
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_TRUE(fd);
  EXPECT_EQ(flush.get(), Errc::conn_closed);
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(Detach, InOnPrepareNothingIsEverWatched) {
  Result<UniqueFd> fd;
  std::atomic<int> calls{0};
  Served served({.on_prepare = [&](Connection& conn) { fd = conn.detach(); },
                 .on_connect = [&](Connection&) { ++calls; },
                 .on_request = [&](Connection&) { ++calls; }});
  EXPECT_EQ(served.start(), Errc::conn_closed);
  EXPECT_TRUE(served.wait_torn_down());
  ASSERT_TRUE(fd);
  expect_usable(*fd, served);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(served.torn_down(), 1);
  fd->reset();  // before the descriptors are counted
}

TEST(Detach, SecondTimeThereIsNothingLeft) {
  Served served({});
  ASSERT_FALSE(served.start());
  const Result<UniqueFd> first = served.conn().detach();
  const Result<UniqueFd> second = served.conn().detach();
  EXPECT_TRUE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), Errc::conn_closed);
}

TEST(Detach, AfterATearDownThereIsNothingLeft) {
  Served served({});
  ASSERT_FALSE(served.start());
  ASSERT_TRUE(served.end());
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error(), Errc::conn_closed);
}

TEST(Detach, GoesWithATimerThatIsSet) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_idle_timeout(std::chrono::hours(1));
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_TRUE(fd);
  served.conn().set_idle_timeout(std::chrono::milliseconds(1));
  ASSERT_TRUE(served.wait_torn_down());
  expect_usable(*fd, served);
}

TEST(Detach, FlushAfterwardsIsRefused) {
  Served served({});
  ASSERT_FALSE(served.start());
  const Result<UniqueFd> fd = served.conn().detach();
  served.conn().writer().write_string("too late");
  EXPECT_EQ(served.conn().writer().flush(), Errc::conn_closed);
}

}  // namespace
}  // namespace netpoll
