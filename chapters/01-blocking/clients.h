// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two clients for the echo servers of this chapter: the second one sends while
// the first is still there.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<in_port_t>(port));
  return address;
}

// A client that is connected, and has sent "hello".
inline int greet(const sockaddr_in& server) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto* const to = reinterpret_cast<const sockaddr*>(&server);
  if (::connect(fd, to, sizeof server) != 0) std::abort();
  if (::write(fd, "hello", 5) != 5) std::abort();
  return fd;
}

// Whether an echo comes within that time.
inline void report(const char* when, int client, int milliseconds) {
  pollfd wanted{.fd = client, .events = POLLIN, .revents = 0};
  const bool came = ::poll(&wanted, 1, milliseconds) == 1;
  std::printf("%-30s %s\n", when, came ? "echo" : "silence");
}

// Tells what each client sees. Returns the exit status.
inline int two_clients(const sockaddr_in& server) {
  const int first = greet(server);
  report("first client", first, 5000);
  std::array<char, 5> echo{};
  if (::read(first, echo.data(), echo.size()) <= 0) return 1;
  const int second = greet(server);
  report("second, the first is there", second, 200);
  ::close(first);
  report("second, the first has gone", second, 5000);
  ::close(second);
  return 0;
}
