// SPDX-License-Identifier: Apache-2.0
//
// A server in a process that has closed its standard streams, as daemons do.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "netpoll/server/event_loop.h"
#include "server/support.h"
#include "support/child.h"
#include "support/net.h"

namespace netpoll {
namespace {

void close_standard_fds() {
  for (int fd = 0; fd < 3; ++fd)
    ::close(fd);
}

bool is_one_open() {
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) return true;
  }
  return false;
}

// The number of the check that failed, or 0. The runtime is older: TSan does not
// know that fcntl(2) copies a descriptor, and would no longer see that
// epoll_ctl(2) happens before epoll_wait(2).
int serve_without_standard_fds() {
  auto runtime = Runtime::start({.pollers = 1});
  if (!runtime) return 1;
  close_standard_fds();
  EventLoop loop(**runtime, {.on_request = [](Connection& conn) {
    if (conn.reader().read_string(1) != "x") return;
    throw std::runtime_error("for standard error");
  }});
  auto listener = Listener::listen("tcp", "127.0.0.1:0");
  if (!listener) return 2;
  const Address there = listener->address();
  if (loop.start(*std::move(listener))) return 3;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 4; ++i)
    clients.push_back(test::client_of(there));
  if (!test::eventually([&] { return loop.active() == 4; })) return 4;
  if (is_one_open()) return 5;
  // The library logs what the handler throws, and closes this connection; the
  // others receive nothing of it.
  test::send_all(clients[0].get(), "x");
  if (!test::at_eof(clients[0].get())) return 6;
  for (std::size_t i = 1; i < clients.size(); ++i) {
    char byte = 0;
    if (::recv(clients[i].get(), &byte, 1, MSG_DONTWAIT) != -1) return 7;
  }
  return 0;
}

TEST(StandardFds, AreNeverARuntimesDescriptors) {
  EXPECT_EQ(test::exit_status(test::in_child([] {
              close_standard_fds();
              const auto runtime = Runtime::start({.pollers = 2});
              if (!runtime) return 1;
              return is_one_open() ? 2 : 0;
            })),
            0);
}

TEST(StandardFds, AreNeverAServersDescriptors) {
  EXPECT_EQ(test::exit_status(test::in_child(serve_without_standard_fds)), 0);
}

// inetd(8) starts a server with its socket as number 0.
TEST(StandardFds, AnInheritedListenerIsMovedAway) {
  EXPECT_EQ(test::exit_status(test::in_child([] {
              auto bound = os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
              ::dup2(bound->get(), 0);
              const auto listener = Listener::from_fd(UniqueFd(0));
              if (!listener || listener->fd() < 3) return 1;
              return ::fcntl(0, F_GETFD) == -1 ? 0 : 2;
            })),
            0);
}

}  // namespace
}  // namespace netpoll
