// SPDX-License-Identifier: Apache-2.0
//
// Step 2: the same 100 clients and the same 10 requests, but the server sleeps
// in epoll_wait, level-triggered, until one of its sockets is readable. Then an
// eleventh request, which is three times as long as the room for one read.

#include <sys/epoll.h>

#include <cstddef>
#include <cstdio>
#include <vector>

#include "pair.h"

namespace {

constexpr int kClients = 100;

struct Counts {
  int waits = 0;  // epoll_wait calls that returned an event
  int calls = 0;  // of recv
  int empty = 0;  // of these: nothing was there
  int bytes = 0;  // echoed
};

// One pass: one epoll_wait, and one read from each socket that it reports.
// False when nothing was ready within 50 ms; a server would sleep on.
bool turn(int epoll, Counts& counts) {
  std::array<epoll_event, 16> events;
  const int ready = ::epoll_wait(epoll, events.data(), 16, 50);
  if (ready <= 0) return false;
  ++counts.waits;
  for (int i = 0; i < ready; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    std::array<char, 8> room;
    const ssize_t n = ::recv(fd, room.data(), room.size(), 0);
    ++counts.calls;
    if (n <= 0) {
      ++counts.empty;
      continue;
    }
    counts.bytes += static_cast<int>(n);
    ::send(fd, room.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL);
  }
  return true;
}

void print(const char* what, const Counts& now) {
  std::printf("%-20s %5d %11d %7d %7d\n", what, now.waits, now.calls, now.empty,
              now.bytes);
}

}  // namespace

int main() {
  const netpoll::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<Pair> pairs;
  for (int i = 0; i < kClients; ++i) {
    pairs.push_back(connected_pair());
    const int fd = pairs.back().server.get();
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
  }
  std::puts("                     waits  recv calls  EAGAIN   bytes");
  Counts ten;
  for (std::size_t i = 0; i < 10; ++i) {
    send_text(pairs[i * 7].client, "hello");
    turn(epoll.get(), ten);
  }
  print("10 short requests", ten);
  Counts one;
  send_text(pairs[3].client, "three times as long as 8");
  while (turn(epoll.get(), one)) {
  }
  print("1 of 24 bytes", one);
}
