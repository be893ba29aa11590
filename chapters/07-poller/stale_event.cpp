// SPDX-License-Identifier: Apache-2.0
//
// One batch of events. The handler of the first event closes the descriptor of
// the second, and a new connection gets its number. What does the second do?

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>

#include "netpoll/os/unique_fd.h"
#include "netpoll/poller/poller.h"

namespace {

using netpoll::make_ref;
using netpoll::UniqueFd;

// Two connected sockets. Ours is the first; the peer has sent a text.
using Connection = std::array<UniqueFd, 2>;
Connection connect(const std::string& text) {
  std::array<int, 2> fds{-1, -1};
  ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data());
  static_cast<void>(::send(fds[1], text.data(), text.size(), 0));
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

void print_input(const char* who, int fd) {
  std::array<char, 64> room{};
  const ssize_t n = ::recv(fd, room.data(), room.size() - 1, 0);
  std::printf("  %s reads: %s\n", who, n < 0 ? "nothing" : room.data());
}

// Closes `old`; the new connection gets the number that is free now.
Connection replace(Connection& old) {
  const int number = old[0].get();
  old[0].reset();
  Connection fresh = connect("of the new connection");
  const char* same = fresh[0].get() == number ? "yes" : "no";
  std::printf("  closed the second; a new one has its number: %s\n", same);
  return fresh;
}

void with_numbers() {
  std::puts("the tag is the number");
  std::array<Connection, 2> both{connect("first"), connect("second")};
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  for (const Connection& it : both) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = it[0].get()}};
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, it[0].get(), &event);
  }
  std::array<epoll_event, 8> ready;
  const int count = ::epoll_wait(epoll.get(), ready.data(), ready.size(), 0);
  std::printf("  events in one batch: %d\n", count);
  const Connection fresh = replace(both[1]);
  print_input("the second event", ready[1].data.fd);
}

// Calls its action for each event with input.
struct Op final : netpoll::FdOperator {
  Op(const UniqueFd& fd, std::function<void()> wanted)
      : FdOperator(fd.get()), action(std::move(wanted)) {}
  void on_readable() override { action(); }
  void on_writable() override {}
  void on_hangup() override {}
  const std::function<void()> action;
};

}  // namespace

int main() {
  with_numbers();
  std::puts("the tag is an FdOperator");
  netpoll::InlineRunner runner;
  const auto poller = *netpoll::Poller::open(runner);
  std::array<Connection, 2> both{connect("first"), connect("second")};
  Connection fresh;
  netpoll::Ref<Op> late;  // of the new connection
  const auto second = make_ref<Op>(both[1][0], [] { std::puts("  late"); });
  const auto first = make_ref<Op>(both[0][0], [&] {
    print_input("the first event", both[0][0].get());
    poller->detach(*second);
    fresh = replace(both[1]);
    late = make_ref<Op>(fresh[0], [&] {
      std::printf("  turn %d\n", static_cast<int>(poller->turns()));
      print_input("the new operator", fresh[0].get());
      poller->stop();
    });
    static_cast<void>(poller->add(*late));
  });
  if (poller->add(*first) || poller->add(*second)) return 1;
  poller->run();
  poller->detach(*first);
  poller->detach(*late);
}
