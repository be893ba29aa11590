// SPDX-License-Identifier: Apache-2.0
//
// A server gets SIGTERM. One client is quiet, one has sent half a message, the
// request of one is being handled, until the others have ended. A fourth waits
// at another listener, which accepts nobody. What becomes of each?

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <latch>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "netpoll/netpoll.h"
#include "netpoll/os/connect.h"

namespace {

using namespace std::chrono_literals;
using netpoll::UniqueFd;

constexpr std::string_view kRequest = "request!";

// A client that blocks, five seconds at most.
UniqueFd client_of(const netpoll::Address& server) {
  auto fd = netpoll::os::connect_to(server, netpoll::deadline_after(5s));
  if (!fd) return {};
  ::fcntl(fd->get(), F_SETFL, 0);
  constexpr timeval kFive{5, 0};
  ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &kFive, sizeof kFive);
  return std::move(*fd);
}

void print(const char* who, const std::string& what) {
  std::printf("%-20s %s\n", who, what.c_str());
}

// Waits for what the client gets next.
void print_next(const char* who, const UniqueFd& client) {
  std::array<char, 64> text;
  const ssize_t n = ::read(client.get(), text.data(), text.size());
  if (n < 0) return print(who, std::generic_category().message(errno));
  if (n == 0) return print(who, "the end");
  print(who, {text.data(), static_cast<std::size_t>(n)});
}

}  // namespace

int main() {
  std::latch entered(1);
  std::latch leave(1);
  const auto answer = [&](netpoll::Connection& conn) {
    if (conn.reader().size() < kRequest.size()) return;  // half a message
    if (conn.reader().skip(kRequest.size())) return;
    entered.count_down();
    leave.wait();
    conn.writer().write_string("the answer");
    static_cast<void>(conn.writer().flush());
  };
  netpoll::os::EndSignals signals;  // before any thread starts
  auto runtime = *netpoll::Runtime::start({.pollers = 1});
  netpoll::EventLoop loop(*runtime, {.on_request = answer});
  auto listener = *netpoll::Listener::listen("tcp", "127.0.0.1:0");
  auto other = *netpoll::Listener::listen("tcp", "127.0.0.1:0");
  const auto address = listener.address();
  if (loop.start(std::move(listener))) return 1;

  std::jthread clients([&] {
    const UniqueFd quiet = client_of(address);
    const UniqueFd half = client_of(address);
    const UniqueFd asks = client_of(address);
    ::send(half.get(), kRequest.data(), 4, 0);
    ::send(asks.get(), kRequest.data(), kRequest.size(), 0);
    entered.wait();
    ::kill(::getpid(), SIGTERM);
    print_next("quiet", quiet);
    print("a new one", client_of(address) ? "is let in" : "is refused");
    print_next("half a message", half);
    leave.count_down();
    print_next("a request under way", asks);
    print_next("  and then", asks);
    const UniqueFd waits = client_of(other.address());
    other.close();
    print_next("not accepted yet", waits);
  });
  signals.wait();
  const std::error_code result = loop.shutdown(10s);
  clients.join();
  print("shutdown()", result.message());
}
