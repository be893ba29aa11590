// SPDX-License-Identifier: Apache-2.0
//
// The system calls of 64 requests of an echo server, which runs its handlers on
// the poller's thread. Each connection has one request in flight. What changes
// from line to line is how many requests have come when the poller looks:
//
//    one after the other   the next request is sent when the answer has come
//    8 at once, 64 at once the poller is kept busy until so many have come
//
// A call of epoll_wait is counted when it has returned events.

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <deque>
#include <functional>
#include <semaphore>

#include "netpoll/client/dialer.h"

namespace {

using netpoll::Connection;
using netpoll::UniqueFd;

constexpr std::size_t kRequests = 64;

struct Counts {
  int waits = 0;
  int receives = 0;
  int sends = 0;
};
// Written by the poller's thread; main reads them when all answers have come.
std::atomic<int> g_waits{0};
std::atomic<int> g_receives{0};
std::atomic<int> g_sends{0};

Counts now() {
  return {g_waits, g_receives, g_sends};
}

void echo(Connection& conn) {
  const auto size = conn.reader().read(conn.writer().malloc(1));
  if (size) static_cast<void>(conn.writer().flush());
}

std::array<int, 2> pair_of_sockets() {
  std::array<int, 2> ends{-1, -1};
  ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
  return ends;
}

// One end of a connection is the server's, the other one main's. main uses
// write and read, which are not counted.
class Client {
 public:
  Client(netpoll::Runtime& runtime, const netpoll::Handlers& handlers,
         const std::array<int, 2>& ends = pair_of_sockets())
      : far_(ends[0]),
        served_(*netpoll::adopt(runtime, UniqueFd(ends[1]), handlers)) {}
  void ask() const { static_cast<void>(::write(far_.get(), "x", 1)); }
  void take() const {
    char answer = 0;
    static_cast<void>(::read(far_.get(), &answer, 1));
  }

 private:
  const UniqueFd far_;
  const netpoll::DialedConnection served_;
};

// A connection whose handler keeps the poller until it is let go.
struct Gate {
  std::binary_semaphore inside{0};
  std::binary_semaphore let_go{0};

  void operator()(Connection& conn) {
    static_cast<void>(conn.reader().skip(conn.reader().size()));
    inside.release();
    let_go.acquire();
  }
};

void print(const char* title, const Counts& used) {
  const int all = used.waits + used.receives + used.sends;
  std::printf("%-22s %10d %6d %6d %11.2f\n", title, used.waits, used.receives,
              used.sends, static_cast<double>(all) / kRequests);
}

// 64 requests, `at_once` of them before the poller looks.
Counts ask_all(const std::deque<Client>& clients, const Client& gate_client,
               Gate& gate, std::size_t at_once) {
  Counts used;
  for (std::size_t done = 0; done < kRequests; done += at_once) {
    gate_client.ask();
    gate.inside.acquire();
    const Counts before = now();
    for (std::size_t i = 0; i < at_once; ++i)
      clients[i].ask();
    gate.let_go.release();
    for (std::size_t i = 0; i < at_once; ++i)
      clients[i].take();
    const Counts after = now();
    used.waits += after.waits - before.waits;
    used.receives += after.receives - before.receives;
    used.sends += after.sends - before.sends;
  }
  return used;
}

}  // namespace

// Used by the library instead of the system's: they count, then call the kernel.
extern "C" ssize_t recv(int fd, void* room, std::size_t size, int flags) {
  ++g_receives;
  return ::syscall(SYS_recvfrom, fd, room, size, flags, nullptr, nullptr);
}
extern "C" ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  ++g_sends;
  return ::syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
}
extern "C" int epoll_wait(int fd, epoll_event* events, int most, int timeout) {
  const long found =
      ::syscall(SYS_epoll_pwait, fd, events, most, timeout, nullptr, 0);
  if (found > 0) ++g_waits;
  return static_cast<int>(found);
}

int main() {
  const auto runtime = *netpoll::Runtime::start(
      {.pollers = 1, .runner = netpoll::RunBy::inline_on_poller});
  Gate gate;
  const Client gate_client(*runtime, {.on_request = std::ref(gate)});
  std::deque<Client> clients;
  for (std::size_t i = 0; i < kRequests; ++i)
    clients.emplace_back(*runtime, netpoll::Handlers{.on_request = echo});
  std::puts("64 requests            epoll_wait   recv   send   a request");
  print("one after the other", ask_all(clients, gate_client, gate, 1));
  print("8 at once", ask_all(clients, gate_client, gate, 8));
  print("64 at once", ask_all(clients, gate_client, gate, kRequests));
}
