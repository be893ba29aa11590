// SPDX-License-Identifier: Apache-2.0
//
// Step 4: EPOLLOUT. First a client that is silent, and a server that has
// nothing to send. Then a client that reads late, and a server that has 1 MiB
// for it. The returns of epoll_wait are counted, both ways:
//
//    always      EPOLLIN | EPOLLOUT from the beginning to the end
//    when full   EPOLLOUT from the EAGAIN of a send until all is sent

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "pair.h"

namespace {

constexpr int kTurns = 10000;

class Server {
 public:
  explicit Server(bool always) : always_(always) {
    control(EPOLL_CTL_ADD, always ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  // Sends what is left until the socket is full; then EPOLLOUT is needed.
  void send_rest() {
    for (;;) {
      const std::string_view left = std::string_view(reply_).substr(sent_);
      if (left.empty()) return arm(false);
      const ssize_t n = ::send(pair_.server.get(), left.data(), left.size(),
                               MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n <= 0) return arm(true);
      sent_ += static_cast<std::size_t>(n);
    }
  }

  // How many of `turns` calls of epoll_wait returned an event.
  int idle(int turns) {
    int returned = 0;
    epoll_event event;
    for (int i = 0; i < turns; ++i)
      returned += ::epoll_wait(epoll_.get(), &event, 1, 0);
    return returned;
  }

  // The client reads what is there, and the server sends on, until all came.
  long serve_late_client() {
    reply_.assign(std::size_t{1} << 20, 'x');
    send_rest();
    long came = 0;
    for (int turns = 0; turns < kTurns && came < 1 << 20; ++turns) {
      came += read_all(pair_.client);
      epoll_event event;
      if (::epoll_wait(epoll_.get(), &event, 1, 0) == 1) send_rest();
    }
    return came;
  }

  int changes() const { return changes_; }

 private:
  void arm(bool on) {
    if (always_ || on == armed_) return;
    control(EPOLL_CTL_MOD, on ? EPOLLIN | EPOLLOUT : EPOLLIN);
    armed_ = on;
    ++changes_;
  }
  void control(int operation, std::uint32_t events) {
    epoll_event event{.events = events, .data = {}};
    ::epoll_ctl(epoll_.get(), operation, pair_.server.get(), &event);
  }

  Pair pair_ = connected_pair();
  netpoll::UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::string reply_;
  std::size_t sent_ = 0;
  bool always_;
  bool armed_ = false;
  int changes_ = 0;
};

void run(const char* what, bool always) {
  Server server(always);
  const int before = server.idle(kTurns);
  const long came = server.serve_late_client();
  std::printf("%-9s  %11d  %15ld  %7d  %10d\n", what, before, came,
              server.changes(), server.idle(kTurns));
}

}  // namespace

int main() {
  std::puts("EPOLLOUT   idle before  bytes that came  changes  idle after");
  run("always", true);
  run("when full", false);
}
