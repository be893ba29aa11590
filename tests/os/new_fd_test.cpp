// SPDX-License-Identifier: Apache-2.0
//
// No descriptor of the library is 0, 1 or 2. The standard streams are closed in
// a child; it ends with the number of the check that failed, or 0.
#include "netpoll/os/new_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include "netpoll/os/epoll.h"
#include "netpoll/os/eventfd.h"
#include "netpoll/os/resolver.h"
#include "netpoll/os/socket.h"
#include "netpoll/os/socket_file.h"
#include "support/child.h"
#include "support/error_of.h"
#include "support/fds.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

bool are_standard_fds_closed() {
  return !is_open(0) && !is_open(1) && !is_open(2);
}

int without_standard_fds(const std::function<int()>& work) {
  return test::exit_status(test::in_child([&] {
    for (int fd = 0; fd < 3; ++fd)
      ::close(fd);
    return work();
  }));
}

TEST(NewFd, KeepsANumberFrom3On) {
  const test::FdsBalance balance;
  const int number = ::eventfd(0, EFD_CLOEXEC);
  ASSERT_GE(number, 3);
  const auto fd = own_new_fd(number);
  ASSERT_TRUE(fd);
  EXPECT_EQ(fd->get(), number);
}

TEST(NewFd, ExchangesALowNumberAndClosesIt) {
  EXPECT_EQ(without_standard_fds([] {
              const int low = ::socket(AF_UNIX, SOCK_STREAM, 0);
              if (low != 0) return 1;
              const auto fd = own_new_fd(low);
              if (!fd || fd->get() < 3) return 2;
              if (!test::is_cloexec(fd->get())) return 3;
              return are_standard_fds_closed() ? 0 : 4;
            }),
            0);
}

TEST(NewFd, PassesOnTheErrorOfTheCallThatMadeNone) {
  errno = EPROTONOSUPPORT;
  EXPECT_EQ(test::error_of(own_new_fd(-1)), std::errc::protocol_not_supported);
}

TEST(NewFd, WithoutANumberFrom3OnFailsAndClosesTheLowOne) {
  EXPECT_EQ(without_standard_fds([] {
              // Numbers above the limit stay open, and none below is free.
              const rlimit limit{.rlim_cur = 4, .rlim_max = 4};
              while (::open("/dev/null", O_RDONLY) < 3) {
              }
              ::close(0);
              ::setrlimit(RLIMIT_NOFILE, &limit);
              const auto fd = own_new_fd(::open("/dev/null", O_RDONLY));
              if (fd) return 1;
              if (fd.error() != std::errc::too_many_files_open) return 2;
              return is_open(0) ? 3 : 0;
            }),
            0);
}

TEST(NewFd, OpensTheStandardStreamsThatAreClosed) {
  EXPECT_EQ(test::exit_status(test::in_child([] {
              ::close(0);
              ::close(2);
              {
                const StandardFds held = open_closed_standard_fds();
                if (!is_open(0) || !is_open(2)) return 1;
                if (::open("/dev/null", O_RDONLY) < 3) return 2;
              }
              return is_open(0) || is_open(2) || !is_open(1) ? 3 : 0;
            })),
            0);
}

TEST(NewFd, AStandardStreamOpenedHereIsForBothDirectionsAndNotInherited) {
  EXPECT_EQ(test::exit_status(test::in_child([] {
              ::close(0);
              const StandardFds held = open_closed_standard_fds();
              if (held[0].get() != 0 || !test::is_cloexec(0)) return 1;
              return (::fcntl(0, F_GETFL) & O_ACCMODE) == O_RDWR ? 0 : 2;
            })),
            0);
}

TEST(NewFd, NoneIsKeptOpenWhereNoStandardStreamIsClosed) {
  EXPECT_EQ(test::exit_status(test::in_child([] {
              // 3 is the lowest free number: the first one that is too high.
              while (::open("/dev/null", O_RDONLY) < 3) {
              }
              ::close(3);
              const StandardFds held = open_closed_standard_fds();
              return held[0] || is_open(3) ? 1 : 0;
            })),
            0);
}

// Every function of this folder that makes descriptors.
int open_everything() {
  const auto epoll = Epoll::open();
  const auto event = open_eventfd();
  const auto listener = listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  if (!epoll || !event || !listener) return 1;
  const Address there = *Address::local_of(listener->get());
  const auto client = connect_to(there, test::soon());
  const auto accepted = accept4(listener->get());
  if (!client || !accepted || !*accepted) return 2;
  const auto inherited =
      take_listening(UniqueFd(::fcntl(listener->get(), F_DUPFD, 0)));
  const auto connected =
      take_connected(UniqueFd(::fcntl(client->get(), F_DUPFD, 1)));
  if (!inherited || !connected) return 3;
  const std::string path =
      testing::TempDir() + "netpoll-fds-" + std::to_string(::getpid());
  auto on_file = listen_on_file(*Address::parse("unix", path), {});
  if (!on_file) return 4;
  on_file->file.remove();
  if (!look_up("tcp", {"localhost", "80"})) return 5;
  return are_standard_fds_closed() ? 0 : 6;
}

TEST(NewFd, IsWhatEveryFunctionThatOpensOneGives) {
  EXPECT_EQ(without_standard_fds(open_everything), 0);
}

}  // namespace
}  // namespace netpoll::os
