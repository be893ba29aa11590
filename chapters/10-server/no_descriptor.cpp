// SPDX-License-Identifier: Apache-2.0
//
// Five clients wait, and this process may open no descriptor more. For 300 ms a
// plain loop tries to accept them, then an Acceptor does. How often does each
// fail? After that descriptors are allowed again.

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>
#include <utility>

#include "netpoll/netpoll.h"
#include "netpoll/os/epoll.h"
#include "netpoll/os/socket.h"

namespace {

using netpoll::UniqueFd;

constexpr std::chrono::milliseconds kTime{300};
constexpr std::chrono::milliseconds kPatience{5000};

// While it lives this process can open no descriptor.
class NoMoreFds {
 public:
  NoMoreFds() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(::dup(0));  // the lowest number that is free
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next.get());
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFds() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreFds(const NoMoreFds&) = delete;
  NoMoreFds& operator=(const NoMoreFds&) = delete;

 private:
  rlimit before_{};
};

// The loop that everybody writes first: readable, so accept.
int failures_of_plain_loop(netpoll::os::Epoll& epoll, int listener) {
  std::array<epoll_event, 8> events;
  int failed = 0;
  const auto end = std::chrono::steady_clock::now() + kTime;
  while (std::chrono::steady_clock::now() < end) {
    const auto ready = epoll.wait(events, 10);
    if (!ready || ready->empty()) continue;
    if (!netpoll::os::accept4(listener)) ++failed;
  }
  return failed;
}

}  // namespace

int main() {
  std::atomic<int> failed{0};
  std::atomic<int> accepted{0};
  netpoll::log::set_sink([&failed](std::string_view line) {
    if (line == "accept: Too many open files") ++failed;
  });
  auto runtime = *netpoll::Runtime::start({.pollers = 1});
  auto listener = *netpoll::Listener::listen("tcp", "127.0.0.1:0");
  const auto address = listener.address();
  auto epoll = *netpoll::os::Epoll::open();
  static_cast<void>(epoll.add(listener.fd(), nullptr));
  std::array<UniqueFd, 5> clients;
  for (UniqueFd& client : clients)
    client = *netpoll::os::open_stream(AF_INET);
  netpoll::EventLoop loop(*runtime, {.on_prepare = [&](auto&) { ++accepted; }});
  {
    const NoMoreFds limit;
    for (const UniqueFd& client : clients)
      ::connect(client.get(), address.data(), address.size());
    const int plain = failures_of_plain_loop(epoll, listener.fd());
    static_cast<void>(loop.start(std::move(listener)));
    std::this_thread::sleep_for(kTime);
    std::puts("accept fails in 300 ms");
    std::printf("  plain loop  more than 1000 times: %s\n",
                plain > 1000 ? "yes" : "no");
    std::printf("  Acceptor    1 to 6 times: %s\n",
                failed >= 1 && failed <= 6 ? "yes" : "no");
    std::printf("accepted so far: %d\n", accepted.load());
  }
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (accepted < 5 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::printf("descriptors allowed again, accepted: %d\n", accepted.load());
}
