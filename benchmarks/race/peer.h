// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the servers of the race share: their flags, the socket they listen on,
// and how they end. A server is one function; run_peer() calls it:
//
//   int serve(const Peer& peer) { … accept on peer.listener for ever … }
//   int main(int argc, char** argv) {
//     return netpoll::race::run_peer("race_asio", argc, argv, serve);
//   }
//
// Every server listens on an IPv4 address, prints `listening on HOST:PORT`,
// echoes, does `work_us` microseconds of work a request, and ends with status 0
// on SIGTERM. It has one I/O thread.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "programs/command_line.h"

namespace netpoll::race {

using programs::work;

/// What a server is given.
struct Peer {
  int listener = -1;                  ///< non-blocking, and listening
  std::chrono::microseconds work{0};  ///< of each request
  bool read_write = false;  ///< read(2) and write(2), not recv and send
};

/// Sends small answers at once, as every server of the race does.
inline void set_no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// Ends the program with one line that says which system call failed.
[[noreturn]] inline void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

/// Reads HOST:PORT, where HOST is an IPv4 address in digits. Returns false when
/// `text` is none.
inline bool read_address(const std::string& text, sockaddr_in& address) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  if (read.ec != std::errc() || read.ptr != end) return false;
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return ::inet_pton(AF_INET, text.substr(0, colon).c_str(),
                     &address.sin_addr) == 1;
}

/// Checks a flag whose value is an address; CLI11 prints what this returns.
inline std::string check_address(const std::string& text) {
  sockaddr_in address{};
  return read_address(text, address) ? "" : text + " is not IPV4:PORT";
}

/// Listens on `text`; the program ends when that fails.
inline int listen_on(const std::string& text) {
  sockaddr_in address{};
  read_address(text, address);
  const int fd =
      ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    die("bind");
  }
  if (::listen(fd, SOMAXCONN) != 0) die("listen");
  return fd;
}

/// Prints the line that the race waits for.
inline void print_listening(int listener) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) !=
      0) {
    die("getsockname");
  }
  std::array<char, INET_ADDRSTRLEN> host{};
  ::inet_ntop(AF_INET, &address.sin_addr, host.data(), host.size());
  std::printf("listening on %s:%d\n", host.data(), ntohs(address.sin_port));
  std::fflush(stdout);
}

/// The whole of a server's main(). `add_flags` adds those of this server alone.
inline int run_peer(const char* name, int argc, char** argv,
                    int (*serve)(const Peer&),
                    void (*add_flags)(CLI::App&, Peer&) = nullptr) {
  std::string addr = "127.0.0.1:0";
  unsigned work_us = 0;
  Peer peer;
  CLI::App app("Sends back whatever it gets, until SIGTERM.", name);
  app.add_option("--addr", addr, "IPV4:PORT; port 0 picks one")
      ->check(check_address)
      ->capture_default_str();
  app.add_option("--work-us", work_us, "microseconds of work a request")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  if (add_flags != nullptr) add_flags(app, peer);
  if (const int status = programs::parse(app, argc, argv); status >= 0) {
    return status;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, [](int) { ::_exit(0); });
  peer.listener = listen_on(addr);
  peer.work = std::chrono::microseconds(work_us);
  print_listening(peer.listener);
  return serve(peer);
}

}  // namespace netpoll::race
