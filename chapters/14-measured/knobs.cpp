// SPDX-License-Identifier: Apache-2.0
//
// knobs [--json]: an echo loop by hand, on one thread, with one thing changed at
// a time. 64 clients on loopback each send a request; then the loop serves them
// all, and the thread's CPU time is read before and after. In each round every
// way is measured once, a ratio is taken within a round, and the first way runs
// a second time: what it differs from itself is the noise.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kClients = 64;
constexpr std::size_t kRounds = 201;  // the first one only warms up
constexpr int kTurns = 8;             // of 64 requests, for one measurement
constexpr std::size_t kRoom = 64 * 1024;

std::vector<std::byte> g_in(kRoom);
std::vector<std::byte> g_out(kRoom);
int g_epoll = -1;
int g_event = -1;

ssize_t recv_send(int fd) {
  const ssize_t got = ::recv(fd, g_in.data(), kRoom, 0);
  return ::send(fd, g_in.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
}
ssize_t read_write(int fd) {
  const ssize_t got = ::read(fd, g_in.data(), kRoom);
  return ::write(fd, g_in.data(), static_cast<std::size_t>(got));
}
ssize_t readv_sendmsg(int fd) {
  iovec piece{g_in.data(), kRoom};
  piece.iov_len = static_cast<std::size_t>(::readv(fd, &piece, 1));
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}
ssize_t until_again(int fd) {
  const ssize_t sent = recv_send(fd);
  ::recv(fd, g_in.data(), kRoom, 0);  // EAGAIN
  return sent;
}
void interest(int fd, unsigned events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  ::epoll_ctl(g_epoll, EPOLL_CTL_MOD, fd, &event);
}
ssize_t one_epoll_ctl(int fd) {
  const ssize_t sent = recv_send(fd);
  interest(fd, EPOLLIN);
  return sent;
}
ssize_t two_epoll_ctl(int fd) {
  const ssize_t got = ::recv(fd, g_in.data(), kRoom, 0);
  interest(fd, EPOLLIN | EPOLLOUT);
  ::send(fd, g_in.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
  interest(fd, EPOLLIN);
  return got;
}
ssize_t ring(int fd) {
  eventfd_t rung = 1;
  ::eventfd_write(g_event, rung);
  ::eventfd_read(g_event, &rung);
  return recv_send(fd);
}
// Not inlined, as in a library: the compiler knows nothing of the two buffers.
using Bytes = std::span<const std::byte>;
using Room = std::span<std::byte>;
[[gnu::noinline]] void by_memcpy(Bytes from, Room to) {
  std::memcpy(to.data(), from.data(), from.size());
}
[[gnu::noinline]] void by_ranges_copy(Bytes from, Room to) {
  std::ranges::copy(from, to.begin());
}
template <auto copy>
ssize_t copying(int fd) {
  const ssize_t got = ::recv(fd, g_in.data(), kRoom, 0);
  copy(Bytes(g_in).first(static_cast<std::size_t>(got)), Room(g_out));
  return ::send(fd, g_out.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
}

struct Way {
  const char* name;
  ssize_t (*serve)(int fd);
  std::size_t bytes;
  std::vector<double> ns;  // of a request, one for each round
};

struct Pair {
  int client;
  int served;
};

Pair connect(int listener) {
  sockaddr_in to{};
  socklen_t size = sizeof to;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&to), &size);
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  ::connect(client, reinterpret_cast<sockaddr*>(&to), size);
  const int served = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
  const int on = 1;
  for (const int fd : {client, served})
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{.events = EPOLLIN, .data = {.fd = served}};
  ::epoll_ctl(g_epoll, EPOLL_CTL_ADD, served, &event);
  return {client, served};
}

double cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec);
}

// 64 requests; returns the CPU time that the loop needed for them.
double turn(const Way& way, const std::vector<Pair>& pairs) {
  static std::array<std::byte, kRoom> message;
  for (const Pair& pair : pairs)
    ::send(pair.client, message.data(), way.bytes, 0);
  std::array<epoll_event, kClients> events;
  const double begun = cpu_ns();
  for (std::size_t left = kClients * way.bytes; left > 0;) {
    const int count = ::epoll_wait(g_epoll, events.data(), kClients, -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      left -= static_cast<std::size_t>(way.serve(event.data.fd));
    }
  }
  const double used = cpu_ns() - begun;
  for (const Pair& pair : pairs)
    ::recv(pair.client, message.data(), way.bytes, MSG_WAITALL);
  return used;
}

void print(const std::vector<Way>& ways, bool json) {
  std::puts(
      json ? "{\"check\": \"knobs\", \"rows\": ["
           : "                            bytes  ratio  middle half    ns");
  for (const Way& way : ways) {
    const auto first = std::ranges::find(ways, way.bytes, &Way::bytes);
    std::vector<double> ratios;
    for (std::size_t round = 1; round < kRounds; ++round)
      ratios.push_back(first->ns[round] / way.ns[round]);
    std::ranges::sort(ratios);
    std::vector<double> ns(way.ns.begin() + 1, way.ns.end());
    std::ranges::sort(ns);
    std::printf(json ? "{\"knob\": \"%s\", \"bytes\": %zu, \"ratio\": %.3f, "
                       "\"low\": %.3f, \"high\": %.3f, \"ns\": %.0f}%s\n"
                     : "%-27s %5zu  %5.2f  %.2f–%.2f  %5.0f\n",
                way.name, way.bytes, ratios[ratios.size() / 2],
                ratios[ratios.size() / 4], ratios[ratios.size() * 3 / 4],
                ns[ns.size() / 2], &way == &ways.back() ? "" : ",");
  }
  if (json) std::puts("]}");
}

}  // namespace

int main(int argc, char** argv) {
  g_epoll = ::epoll_create1(0);
  g_event = ::eventfd(0, 0);
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any);
  if (::listen(listener, kClients) != 0) return 1;
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < kClients; ++i)
    pairs.push_back(connect(listener));
  constexpr std::size_t kSmall = 1024;
  constexpr std::size_t kLarge = 16 * 1024;
  std::vector<Way> ways = {
      {"recv, send", recv_send, kSmall, {}},
      {"read, write", read_write, kSmall, {}},
      {"readv, sendmsg", readv_sendmsg, kSmall, {}},
      {"recv until EAGAIN", until_again, kSmall, {}},
      {"one epoll_ctl more", one_epoll_ctl, kSmall, {}},
      {"two epoll_ctl more", two_epoll_ctl, kSmall, {}},
      {"a ring and its answer more", ring, kSmall, {}},
      {"memcpy more", copying<by_memcpy>, kSmall, {}},
      {"ranges::copy more", copying<by_ranges_copy>, kSmall, {}},
      {"recv, send again", recv_send, kSmall, {}},
      {"recv, send", recv_send, kLarge, {}},
      {"memcpy more", copying<by_memcpy>, kLarge, {}},
      {"ranges::copy more", copying<by_ranges_copy>, kLarge, {}},
      {"recv, send again", recv_send, kLarge, {}},
  };
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (Way& way : ways) {
      double used = 0;
      for (int i = 0; i < kTurns; ++i)
        used += turn(way, pairs);
      way.ns.push_back(used / (kTurns * kClients));
    }
  }
  print(ways, argc == 2 && std::string_view(argv[1]) == "--json");
}
