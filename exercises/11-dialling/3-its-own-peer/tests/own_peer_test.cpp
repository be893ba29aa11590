// SPDX-License-Identifier: Apache-2.0
//
// Nobody waits for the accident: the sockets that the race is given are bound
// to the very port that they dial.
#include <gtest/gtest.h>
#include <sys/stat.h>

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
using test::error_of;
using test::tcp;

class OwnPeer : public testing::Test {
 protected:
  // Dials `peers`; the n-th socket is what `attempt(n, peer)` returns. After
  // twenty sockets there are no more.
  Result<Connected> connect() {
    options.begin = [this](const Address& peer,
                           const Address&) -> Result<os::Begun> {
      Result<UniqueFd> fd =
          ++opened > 20 ? fail(make_error_code(std::errc::permission_denied))
                        : attempt(opened, peer.to_string());
      if (!fd) return fail(fd.error());
      return os::Begun{.fd = *std::move(fd)};
    };
    return connect_first(peers, options);
  }
  static bool met_itself(const Result<Connected>& socket) {
    return os::is_self_connected(socket->fd.get());
  }
  static Result<UniqueFd> itself() { return test::self_connected(); }
  Result<UniqueFd> somebody() {
    test::Pair pair = test::tcp_pair();
    far_ends.push_back(std::move(pair.far));
    return std::move(pair.near);
  }

  std::vector<UniqueFd> far_ends;
  std::vector<Address> peers{tcp("10.0.0.1:80")};
  ConnectOptions options{.deadline = deadline_after(hours(1)),
                         .attempt_delay = hours(1)};
  std::function<Result<UniqueFd>(int n, const std::string& peer)> attempt;
  int opened = 0;
};

TEST_F(OwnPeer, WhoMeetsHimselfOnceGetsAnotherSocket) {
  attempt = [&](int n, const std::string&) {
    return n == 1 ? itself() : somebody();
  };
  const auto socket = connect();
  ASSERT_TRUE(socket) << "met itself once, and gave up: "
                      << socket.error().message();
  EXPECT_FALSE(met_itself(socket))
      << "the socket is connected to itself, and was handed out";
}

TEST_F(OwnPeer, WhoMeetsHimselfTwiceGetsAThirdSocket) {
  attempt = [&](int n, const std::string&) {
    return n <= 2 ? itself() : somebody();
  };
  const auto socket = connect();
  ASSERT_TRUE(socket) << "met itself twice, and gave up before the third: "
                      << socket.error().message();
  EXPECT_FALSE(met_itself(socket))
      << "the socket is connected to itself, and was handed out";
}

TEST_F(OwnPeer, WhoMeetsOnlyHimselfIsRefused) {
  attempt = [](int, const std::string&) { return itself(); };
  const auto socket = connect();
  EXPECT_FALSE(socket) << "nobody listens there, and the caller was handed a "
                          "socket that repeats every word";
  EXPECT_EQ(error_of(socket), std::errc::connection_refused)
      << "three sockets could have that port, so nobody listens on it; what "
         "does a caller call that?";
}

TEST_F(OwnPeer, ThreeSocketsAreEnough) {
  attempt = [](int, const std::string&) { return itself(); };
  static_cast<void>(connect());
  EXPECT_LE(opened, 3) << "so many sockets were opened for one address";
}

TEST_F(OwnPeer, ThenTheNextAddressHasItsTurn) {
  peers.push_back(tcp("10.0.0.2:80"));
  attempt = [&](int, const std::string& peer) {
    return peer == "10.0.0.1:80" ? itself() : somebody();
  };
  const auto socket = connect();
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->peer.to_string(), "10.0.0.2:80")
      << "the first address met itself each time; the second had somebody";
}

TEST_F(OwnPeer, TheOldSocketKeepsItsPortUntilTheNewOneIsThere) {
  struct stat first{};
  int first_fd = -1;
  bool still_open = false;
  attempt = [&](int n, const std::string&) {
    if (n > 1) {
      struct stat now{};
      still_open = ::fstat(first_fd, &now) == 0 && now.st_ino == first.st_ino;
      return somebody();
    }
    Result<UniqueFd> fd = itself();
    first_fd = fd->get();
    ::fstat(first_fd, &first);
    return fd;
  };
  static_cast<void>(connect());
  EXPECT_TRUE(opened < 2 || still_open)
      << "the socket that met itself was closed before the next one was there: "
         "the kernel may choose that port once more";
}

TEST_F(OwnPeer, WhoChoseThePortMayMeetHimself) {
  options.local = tcp("10.0.0.9:1234");
  attempt = [](int, const std::string&) { return itself(); };
  const auto socket = connect();
  ASSERT_TRUE(socket) << "the caller chose the port, and asked for just this: "
                      << socket.error().message();
  EXPECT_EQ(opened, 1);
}

TEST_F(OwnPeer, TheSamePortOnAnotherHostIsSomebodyElse) {
  const UniqueFd server = *os::listen_on(tcp("127.77.0.3:0"));
  const Address there = *Address::local_of(server.get());
  const Address near = tcp("127.77.0.4:" + std::to_string(there.port()));
  attempt = [&](int, const std::string&) {
    return os::connect_to(there, deadline_after(hours(1)), near);
  };
  EXPECT_TRUE(connect()) << "both ends have the same port, and different "
                            "addresses: that is an ordinary connection";
  EXPECT_EQ(opened, 1);
}

TEST_F(OwnPeer, AnOrdinaryConnectionIsLeftAlone) {
  attempt = [&](int, const std::string&) { return somebody(); };
  EXPECT_TRUE(connect());
  EXPECT_EQ(opened, 1);
}

TEST_F(OwnPeer, ARealFailureIsToldAtOnce) {
  attempt = [](int, const std::string&) {
    test::Pair pair = test::tcp_pair();
    test::reset(pair.far);
    return Result<UniqueFd>(std::move(pair.near));
  };
  EXPECT_EQ(error_of(connect()), std::errc::connection_reset);
  EXPECT_EQ(opened, 1) << "a failure that is nobody's bad luck was tried again";
}

}  // namespace
}  // namespace netpoll
