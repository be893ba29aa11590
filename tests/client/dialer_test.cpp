// SPDX-License-Identifier: Apache-2.0
//
// Dialling, against plain sockets: client/ knows no server/.
#include "netpoll/client/dialer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using test::FdsBalance;

class DialTest : public testing::Test {
 protected:
  Result<DialedConnection> dial_it(milliseconds timeout = test::kPatience) {
    return dial(*runtime, "tcp", address.to_string(), timeout);
  }
  // The far end of what was dialled first.
  UniqueFd accept() {
    UniqueFd fd = (**os::accept4(listener.get())).fd;
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
    test::limit_waiting(fd.get());
    return fd;
  }

  const FdsBalance balance;
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  UniqueFd listener = *os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  Address address = *Address::local_of(listener.get());
};

TEST_F(DialTest, ConnectsAndTalks) {
  Result<DialedConnection> conn = dial_it();
  ASSERT_TRUE(conn);
  const UniqueFd far = accept();
  (*conn)->writer().write_string("ping");
  EXPECT_FALSE((*conn)->writer().flush());
  EXPECT_EQ(test::receive(far.get(), 4), "ping");
  test::send_all(far.get(), "pong");
  EXPECT_EQ((*conn)->reader().read_string(4), "pong");
}

TEST_F(DialTest, KnowsWhomItTalksTo) {
  Result<DialedConnection> conn = dial_it();
  ASSERT_TRUE(conn);
  EXPECT_EQ((*conn)->remote_addr().to_string(), address.to_string());
  EXPECT_EQ((*conn)->local_addr().to_string(),
            (*os::accept4(listener.get()))->peer.to_string());
}

TEST_F(DialTest, ConnectsToAUnixSocket) {
  const Address name =
      *Address::parse("unix", "@netpoll-dial-" + std::to_string(::getpid()));
  const UniqueFd server = *os::listen_on(name);
  EXPECT_TRUE(dial(*runtime, "unix", name.to_string()));
}

TEST_F(DialTest, IsRefusedWhereNobodyListens) {
  listener.reset();
  const Result<DialedConnection> conn = dial_it();
  ASSERT_FALSE(conn);
  EXPECT_EQ(conn.error(), std::errc::connection_refused);
}

TEST_F(DialTest, UnixSocketIsRefusedWhereNobodyListens) {
  const std::string name = "@netpoll-none-" + std::to_string(::getpid());
  const Result<DialedConnection> conn = dial(*runtime, "unix", name);
  ASSERT_FALSE(conn);
  EXPECT_EQ(conn.error(), std::errc::connection_refused);
}

TEST_F(DialTest, TimesOutWhereNobodyAnswers) {
  ASSERT_EQ(::listen(listener.get(), 0), 0);  // room for one
  const Result<DialedConnection> first = dial_it();
  const Result<DialedConnection> second = dial_it(milliseconds(20));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), Errc::dial_timeout);
}

TEST_F(DialTest, RefusesWhatIsNoAddress) {
  EXPECT_EQ(dial(*runtime, "tcp", "nowhere").error(), Errc::missing_port);
  EXPECT_EQ(dial(*runtime, "udp", "1.2.3.4:5").error(), Errc::unknown_network);
}

TEST_F(DialTest, ClosesWhenTheUserLetsGo) {
  auto conn = std::make_unique<DialedConnection>(*dial_it());
  const UniqueFd far = accept();
  conn.reset();
  EXPECT_TRUE(test::at_eof(far.get()));
}

TEST_F(DialTest, MovesItsHoldAndClosesOnce) {
  int closed = 0;
  DialedConnection first = *dial_it();
  const UniqueFd far = accept();
  first->add_close_callback([&](Connection&) { ++closed; });
  {
    const DialedConnection second = std::move(first);
    EXPECT_TRUE(second->is_active());
  }
  EXPECT_TRUE(test::at_eof(far.get()));
  EXPECT_EQ(closed, 1);
}

TEST_F(DialTest, SeesTheServersEnd) {
  Result<DialedConnection> conn = dial_it();
  ASSERT_TRUE(conn);
  test::send_all(accept().get(), "bye");  // and the far end goes
  EXPECT_EQ((*conn)->reader().read_string(3), "bye");
  EXPECT_EQ((*conn)->reader().next(1).error(), Errc::eof);
  EXPECT_FALSE((*conn)->is_active());
}

TEST_F(DialTest, OpensAndClosesManyWithoutLeaving) {
  const auto before = test::open_fds();
  for (int i = 0; i < 200; ++i) {
    const Result<DialedConnection> conn = dial_it();
    ASSERT_TRUE(conn);
    const UniqueFd far = accept();
  }
  EXPECT_TRUE(eventually([&] { return test::open_fds() == before; }));
}

}  // namespace
}  // namespace netpoll
