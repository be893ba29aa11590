// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "netpoll/os/io.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using std::chrono::milliseconds;
using test::bytes_of;
using test::FdsBalance;
using test::Pair;
using test::receive;
using test::socket_pair;

bool is_non_blocking_and_cloexec(int fd) {
  return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 &&
         (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

class SocketTest : public testing::Test {
 protected:
  // A connection that waits to be accepted is there at once on the loopback.
  UniqueFd dial() { return *connect_to(address, test::kPatience); }

  const FdsBalance balance;
  UniqueFd listener = *listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  Address address = *Address::local_of(listener.get());
};

TEST_F(SocketTest, ListenerIsNonBlockingCloexecAndReusesItsAddress) {
  EXPECT_TRUE(is_non_blocking_and_cloexec(listener.get()));
  EXPECT_EQ(option(listener.get(), SOL_SOCKET, SO_REUSEADDR), 1);
}

TEST_F(SocketTest, ListenOnATakenAddressFails) {
  const Result<UniqueFd> second = listen_on(address);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), std::errc::address_in_use);
}

TEST_F(SocketTest, AcceptWithNobodyWaitingIsNothing) {
  const Result<std::optional<Accepted>> accepted = accept4(listener.get());
  ASSERT_TRUE(accepted);
  EXPECT_FALSE(accepted->has_value());
}

TEST_F(SocketTest, AcceptedIsNonBlockingCloexecAndKnowsItsPeer) {
  const UniqueFd client = dial();
  const Result<std::optional<Accepted>> accepted = accept4(listener.get());
  ASSERT_TRUE(accepted && accepted->has_value());
  EXPECT_TRUE(is_non_blocking_and_cloexec((*accepted)->fd.get()));
  EXPECT_EQ((*accepted)->peer.to_string(),
            Address::local_of(client.get())->to_string());
}

TEST_F(SocketTest, AcceptOnNoListenerIsTheSystemsError) {
  const UniqueFd client = dial();
  const auto accepted = accept4(client.get());
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error(), std::errc::invalid_argument);
}

TEST_F(SocketTest, DialledIsNonBlockingAndCloexec) {
  EXPECT_TRUE(is_non_blocking_and_cloexec(dial().get()));
}

TEST_F(SocketTest, ConnectWhereNobodyListensIsRefused) {
  listener.reset();
  const Result<UniqueFd> fd = connect_to(address, test::kPatience);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error(), std::errc::connection_refused);
}

TEST_F(SocketTest, ConnectToAFullBacklogTimesOut) {
  ASSERT_EQ(::listen(listener.get(), 0), 0);  // room for one
  const UniqueFd first = dial();
  const Deadline start = Deadline::clock::now();
  const Result<UniqueFd> second = connect_to(address, milliseconds(50));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), Errc::dial_timeout);
  EXPECT_GE(Deadline::clock::now() - start, milliseconds(50));
}

TEST_F(SocketTest, NoDelayIsSetAndTakenBack) {
  const UniqueFd client = dial();
  set_no_delay(client.get(), true);
  EXPECT_NE(option(client.get(), IPPROTO_TCP, TCP_NODELAY), 0);
  set_no_delay(client.get(), false);
  EXPECT_EQ(option(client.get(), IPPROTO_TCP, TCP_NODELAY), 0);
}

class IoTest : public testing::Test {
 protected:
  std::vector<std::span<const std::byte>> pieces(std::size_t count) const {
    return std::vector(count, bytes_of("abc"));
  }

  const FdsBalance balance;
  Pair pair = socket_pair();
  std::array<std::byte, 16> room{};
};

TEST_F(IoTest, BytesWaitingCountsWhatNobodyHasRead) {
  EXPECT_EQ(bytes_waiting(pair.near.get()), 0u);
  test::send_all(pair.far.get(), "12345");
  EXPECT_EQ(bytes_waiting(pair.near.get()), 5u);
  EXPECT_EQ(bytes_waiting(-1), 0u);
}

TEST_F(IoTest, RecvMovesWhatIsThere) {
  test::send_all(pair.far.get(), "12345");
  const Result<Moved> moved = recv(pair.near.get(), room);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->bytes, 5u);
  EXPECT_FALSE(moved->again || moved->eof);
  EXPECT_EQ(test::text_of(std::span(room).first(5)), "12345");
}

TEST_F(IoTest, RecvOfNothingYetSaysAgain) {
  const Result<Moved> moved = recv(pair.near.get(), room);
  ASSERT_TRUE(moved);
  EXPECT_TRUE(moved->again);
  EXPECT_FALSE(moved->eof);
}

TEST_F(IoTest, RecvAfterTheEndSaysEof) {
  pair.far.reset();
  const Result<Moved> moved = recv(pair.near.get(), room);
  ASSERT_TRUE(moved);
  EXPECT_TRUE(moved->eof);
  EXPECT_FALSE(moved->again);
}

TEST_F(IoTest, RecvOnNoSocketIsTheSystemsError) {
  EXPECT_EQ(recv(-1, room).error(), std::errc::bad_file_descriptor);
}

TEST_F(IoTest, SendmsgSendsOnePiece) {
  EXPECT_EQ(sendmsg(pair.near.get(), pieces(1))->bytes, 3u);
  EXPECT_EQ(receive(pair.far.get(), 3), "abc");
}

TEST_F(IoTest, SendmsgSendsSeveralPiecesInOrder) {
  const std::array<std::span<const std::byte>, 3> three{
      bytes_of("one"), bytes_of("two"), bytes_of("three")};
  EXPECT_EQ(sendmsg(pair.near.get(), three)->bytes, 11u);
  EXPECT_EQ(receive(pair.far.get(), 11), "onetwothree");
}

TEST_F(IoTest, SendmsgTakesKIoVecsMaxPiecesAtMost) {
  const Result<Moved> moved = sendmsg(pair.near.get(), pieces(kIoVecsMax + 1));
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->bytes, 3 * kIoVecsMax);
}

TEST_F(IoTest, SendmsgToAFullSocketSaysAgain) {
  const std::string much(1 << 16, 'x');
  const std::array<std::span<const std::byte>, 1> piece{bytes_of(much)};
  Result<Moved> moved = Moved{};
  while (moved && !moved->again)
    moved = sendmsg(pair.near.get(), piece);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->bytes, 0u);
}

TEST_F(IoTest, SendmsgToAClosedPeerFailsWithoutASignal) {
  pair.far.reset();
  EXPECT_EQ(sendmsg(pair.near.get(), pieces(1)).error(),
            std::errc::broken_pipe);
  EXPECT_EQ(sendmsg(pair.near.get(), pieces(2)).error(),
            std::errc::broken_pipe);
}

}  // namespace
}  // namespace netpoll::os
