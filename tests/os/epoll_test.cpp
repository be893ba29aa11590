// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/epoll.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "netpoll/os/eventfd.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::FdsBalance;
using test::open_fds;
using test::Pair;
using test::socket_pair;

bool has_flags(int fd, int get, int flag) {
  return (::fcntl(fd, get) & flag) != 0;
}

TEST(UniqueFd, ClosesWhenItGoes) {
  const auto before = open_fds();
  {
    const UniqueFd fd(::dup(0));
    EXPECT_EQ(open_fds(), before + 1);
  }
  EXPECT_EQ(open_fds(), before);
}

TEST(UniqueFd, IsNoneWhenEmptyOrFailed) {
  EXPECT_FALSE(UniqueFd());
  EXPECT_FALSE(UniqueFd(-1));
  EXPECT_EQ(UniqueFd().get(), -1);
}

TEST(UniqueFd, MovesItsDescriptorOnAndClosesTheOldOne) {
  const FdsBalance balance;
  UniqueFd first(::dup(0));
  UniqueFd second(::dup(0));
  const int number = first.get();
  second = std::move(first);
  EXPECT_EQ(second.get(), number);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what it leaves
}

TEST(UniqueFd, ReleasesToTheCaller) {
  const FdsBalance balance;
  UniqueFd fd(::dup(0));
  const int number = fd.into_raw();
  EXPECT_FALSE(fd);
  EXPECT_EQ(::close(number), 0);
}

TEST(UniqueFd, ResetsToAnother) {
  const FdsBalance balance;
  UniqueFd fd(::dup(0));
  const int other = ::dup(0);
  fd.reset(other);
  EXPECT_EQ(fd.get(), other);
}

TEST(Eventfd, IsNonBlockingAndCloseOnExec) {
  const FdsBalance balance;
  const Result<UniqueFd> fd = open_eventfd();
  ASSERT_TRUE(fd);
  EXPECT_TRUE(has_flags(fd->get(), F_GETFL, O_NONBLOCK));
  EXPECT_TRUE(has_flags(fd->get(), F_GETFD, FD_CLOEXEC));
}

class EpollTest : public testing::Test {
 protected:
  // What is ready now, without sleeping.
  std::span<epoll_event> ready() { return *epoll.wait(events, 0); }

  const FdsBalance balance;
  Epoll epoll = *Epoll::open();
  Pair pair = socket_pair();
  std::array<epoll_event, 8> events{};
  int tag = 0;
};

TEST_F(EpollTest, ReportsInputWithItsTag) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  EXPECT_TRUE(ready().empty());
  test::send_all(pair.far.get(), "x");
  ASSERT_EQ(ready().size(), 1u);
  EXPECT_EQ(ready()[0].data.ptr, &tag);
  EXPECT_EQ(ready()[0].events, EPOLLIN);
}

TEST_F(EpollTest, ReportsRoomOnlyWhenAskedTo) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::input_output, &tag));
  ASSERT_EQ(ready().size(), 1u);
  EXPECT_EQ(ready()[0].events, EPOLLOUT);
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::input, &tag));
  EXPECT_TRUE(ready().empty());
}

TEST_F(EpollTest, ReportsAHangUpWhateverTheInterest) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ASSERT_FALSE(epoll.set(pair.near.get(), Interest::none, &tag));
  test::send_all(pair.far.get(), "x");
  EXPECT_TRUE(ready().empty());
  pair.far.reset();
  ASSERT_EQ(ready().size(), 1u);
  EXPECT_TRUE(ready()[0].events & EPOLLHUP);
}

TEST_F(EpollTest, ReportsAHalfCloseAsInput) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ::shutdown(pair.far.get(), SHUT_WR);
  ASSERT_EQ(ready().size(), 1u);
  EXPECT_EQ(ready()[0].events, EPOLLIN);
}

TEST_F(EpollTest, ForgetsWhatIsRemoved) {
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  test::send_all(pair.far.get(), "x");
  ASSERT_FALSE(epoll.remove(pair.near.get()));
  EXPECT_TRUE(ready().empty());
}

TEST_F(EpollTest, RefusesWhatTheKernelRefuses) {
  EXPECT_EQ(epoll.remove(pair.near.get()),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(epoll.set(pair.near.get(), Interest::input, &tag),
            std::errc::no_such_file_or_directory);
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  EXPECT_EQ(epoll.add(pair.near.get(), &tag), std::errc::file_exists);
  EXPECT_EQ(epoll.add(-1, &tag), std::errc::bad_file_descriptor);
}

TEST_F(EpollTest, FillsNoMoreThanItIsGiven) {
  Pair second = socket_pair();
  ASSERT_FALSE(epoll.add(pair.near.get(), &tag));
  ASSERT_FALSE(epoll.add(second.near.get(), &tag));
  test::send_all(pair.far.get(), "x");
  test::send_all(second.far.get(), "x");
  EXPECT_EQ(epoll.wait(std::span(events).first(1), 0)->size(), 1u);
  EXPECT_EQ(ready().size(), 2u);
}

}  // namespace
}  // namespace netpoll::os
