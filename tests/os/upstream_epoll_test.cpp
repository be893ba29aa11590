// SPDX-License-Identifier: Apache-2.0
//
// What the kernel does, and the poller relies on: which bits come when, whose
// tag they bear, and what becomes of a closed descriptor's number. Where
// os::Epoll has no move for it, epoll(7) is called directly.
// Upstream: poll_default_linux_test.go.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>

#include "netpoll/os/epoll.h"
#include "netpoll/os/io.h"
#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::FdsBalance;
using test::Pair;
using test::send_all;
using test::socket_pair;

constexpr std::uint32_t kEdge = EPOLLET;
constexpr std::uint32_t kAll = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR;

// A plain epoll, whose tags are numbers.
class EpollKernel : public testing::Test {
 protected:
  int control(int operation, int fd, std::uint32_t bits, std::uint64_t tag) {
    epoll_event event{.events = bits, .data = {.u64 = tag}};
    return ::epoll_ctl(epoll.get(), operation, fd, &event);
  }
  std::span<epoll_event> wait(int timeout_ms) {
    const int count = ::epoll_wait(epoll.get(), events.data(),
                                   static_cast<int>(events.size()), timeout_ms);
    return std::span(events).first(static_cast<std::size_t>(count));
  }
  // What is ready now; one event, or 0.
  std::uint32_t ready() {
    const auto found = wait(0);
    EXPECT_LE(found.size(), 1u);
    return found.empty() ? 0 : found[0].events;
  }

  const FdsBalance balance;
  UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  Pair pair = socket_pair();
  std::array<epoll_event, 8> events{};
};

// Broken variant: Epoll::remove() does nothing.
TEST(EpollTags, AddedAgainAfterARemovalItBearsTheNewTag) {
  Epoll epoll = *Epoll::open();
  const Pair pair = socket_pair();
  std::array<epoll_event, 8> events{};
  int first = 0;
  int second = 0;
  ASSERT_FALSE(epoll.add(pair.near.get(), &first));
  ASSERT_FALSE(epoll.remove(pair.near.get()));
  ASSERT_FALSE(epoll.add(pair.near.get(), &second));
  send_all(pair.far.get(), "hello");
  const auto ready = epoll.wait(events, 0);
  ASSERT_EQ(ready->size(), 1u);
  void* const tag = (*ready)[0].data.ptr;  // the struct is packed
  EXPECT_EQ(tag, &second);
}

// Broken variant: Epoll::set() passes no tag.
TEST(EpollTags, ChangedTwiceItBearsTheLastTagAndTheLastInterest) {
  Epoll epoll = *Epoll::open();
  const Pair pair = socket_pair();
  std::array<epoll_event, 8> events{};
  std::array<int, 3> tags{};
  ASSERT_FALSE(epoll.add(pair.near.get(), tags.data()));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::none, &tags[1]));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::input_output, &tags[2]));
  send_all(pair.far.get(), "hello");
  const auto ready = epoll.wait(events, 0);
  ASSERT_EQ(ready->size(), 1u);
  void* const tag = (*ready)[0].data.ptr;  // the struct is packed
  EXPECT_EQ(tag, &tags[2]);
  EXPECT_EQ((*ready)[0].events, EPOLLIN | EPOLLOUT);
}

TEST_F(EpollKernel, BitsFollowWhatTheSocketCanDoNow) {
  ASSERT_EQ(control(EPOLL_CTL_ADD, pair.near.get(), kAll, 1), 0);
  EXPECT_EQ(ready(), EPOLLOUT);
  send_all(pair.far.get(), "hello");
  EXPECT_EQ(ready(), EPOLLIN | EPOLLOUT);
  std::array<std::byte, 5> room;
  ASSERT_TRUE(recv(pair.near.get(), room));
  EXPECT_EQ(ready(), EPOLLOUT);
  pair.far.reset();
  EXPECT_EQ(ready(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
}

TEST_F(EpollKernel, AClosedDescriptorIsForgotten) {
  ASSERT_EQ(control(EPOLL_CTL_ADD, pair.near.get(), kAll, 1), 0);
  EXPECT_EQ(ready(), EPOLLOUT);
  pair.near.reset();
  EXPECT_EQ(ready(), 0u);
}

TEST_F(EpollKernel, AnEdgeIsReportedOnceAndTheLevelAgainAndAgain) {
  const Pair level = socket_pair();
  ASSERT_EQ(control(EPOLL_CTL_ADD, pair.near.get(), kEdge | kAll, 1), 0);
  ASSERT_EQ(control(EPOLL_CTL_ADD, level.near.get(), kAll, 2), 0);
  EXPECT_EQ(wait(0).size(), 2u);
  const auto again = wait(0);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].data.u64, 2u);
}

TEST_F(EpollKernel, ThePeersEndIsAnEdgeAndItsReadFindsTheEnd) {
  ASSERT_EQ(control(EPOLL_CTL_ADD, pair.near.get(), kEdge | kAll, 1), 0);
  EXPECT_EQ(ready(), EPOLLOUT);
  EXPECT_EQ(ready(), 0u);
  pair.far.reset();
  EXPECT_EQ(ready(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
  std::array<std::byte, 5> room;
  EXPECT_TRUE(recv(pair.near.get(), room)->eof);
}

TEST_F(EpollKernel, ADeletionTakesEveryBitWhateverItsMask) {
  const std::uint32_t input = kEdge | EPOLLIN | EPOLLRDHUP;
  ASSERT_EQ(control(EPOLL_CTL_ADD, pair.near.get(), input, 1), 0);
  ASSERT_EQ(control(EPOLL_CTL_DEL, pair.near.get(), EPOLLOUT, 1), 0);
  send_all(pair.far.get(), "hello");
  EXPECT_EQ(ready(), 0u);
}

// A TCP client that is connecting, watched for the moment it is connected.
class EpollConnect : public EpollKernel {
 protected:
  UniqueFd connect(std::uint64_t tag) {
    const int kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    UniqueFd fd(::socket(AF_INET, kind, 0));
    const std::uint32_t bits = kEdge | EPOLLOUT | EPOLLRDHUP;
    EXPECT_EQ(control(EPOLL_CTL_ADD, fd.get(), bits, tag), 0);
    const int result = ::connect(fd.get(), address.data(), address.size());
    EXPECT_TRUE(result == 0 || errno == EINPROGRESS);
    return fd;
  }
  // The tag of whoever is connected first.
  std::uint64_t connected() {
    const auto found = wait(-1);
    EXPECT_EQ(found.size(), 1u);
    EXPECT_TRUE(found[0].events & EPOLLOUT);
    EXPECT_FALSE(found[0].events & (EPOLLERR | EPOLLRDHUP));
    return found[0].data.u64;
  }

  UniqueFd listener = *listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  Address address = *Address::local_of(listener.get());
};

TEST_F(EpollConnect, ANumberUsedAgainIsAnotherDescriptor) {
  UniqueFd first = connect(1);
  const int number = first.get();
  EXPECT_EQ(connected(), 1u);
  first.reset();  // and never deleted
  const UniqueFd second = connect(2);
  EXPECT_EQ(second.get(), number);
  EXPECT_EQ(connected(), 2u);
}

TEST_F(EpollConnect, NothingComesFromADescriptorThatWasChangedAndClosed) {
  UniqueFd client = connect(1);
  EXPECT_EQ(connected(), 1u);
  ASSERT_EQ(control(EPOLL_CTL_MOD, client.get(), EPOLLIN | EPOLLRDHUP, 1), 0);
  listener.reset();  // resets what nobody accepted
  client.reset();
  EXPECT_EQ(ready(), 0u);
}

}  // namespace
}  // namespace netpoll::os
