// SPDX-License-Identifier: Apache-2.0
//
// Step 3: edge-triggered. A client sends 24 bytes at once; the server has room
// for 8 in each read. Three servers, which differ in one line each:
//
//    level, one read     a read for each event
//    edge, one read      the same, with EPOLLET
//    edge, to EAGAIN     with EPOLLET, reads until nothing is left
//
// Then the client, which has waited long enough, sends one byte more.

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "pair.h"

namespace {

class Echo {
 public:
  Echo(std::uint32_t events, bool to_the_end) : to_the_end_(to_the_end) {
    epoll_event event{.events = events, .data = {.fd = pair_.server.get()}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, pair_.server.get(), &event);
  }

  // Sends `text`, serves until epoll_wait has nothing for 100 ms, and returns
  // how many bytes the client got back.
  long request(std::string_view text) {
    send_text(pair_.client, text);
    epoll_event event;
    while (::epoll_wait(epoll_.get(), &event, 1, 100) == 1) {
      ++waits_;
      while (read_once() && to_the_end_) {
      }
    }
    return read_all(pair_.client);
  }

  int waits() const { return waits_; }
  int calls() const { return calls_; }

 private:
  // False when nothing was there.
  bool read_once() {
    std::array<char, 8> room;
    const ssize_t n = ::recv(pair_.server.get(), room.data(), room.size(), 0);
    ++calls_;
    if (n <= 0) return false;
    const auto size = static_cast<std::size_t>(n);
    return ::send(pair_.server.get(), room.data(), size, MSG_NOSIGNAL) == n;
  }

  Pair pair_ = connected_pair();
  netpoll::UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  bool to_the_end_;
  int waits_ = 0;
  int calls_ = 0;
};

void run(const char* what, std::uint32_t events, bool to_the_end) {
  Echo echo(events, to_the_end);
  const long first = echo.request("twenty-four bytes, as it");
  std::printf("%-16s  %5d  %10d  %8ld of 24", what, echo.waits(), echo.calls(),
              first);
  std::printf("  %8ld of 25\n", first + echo.request("."));
}

}  // namespace

int main() {
  std::puts("                  waits  recv calls     came back   1 byte later");
  run("level, one read", EPOLLIN, false);
  run("edge, one read", EPOLLIN | EPOLLET, false);
  run("edge, to EAGAIN", EPOLLIN | EPOLLET, true);
}
