// SPDX-License-Identifier: Apache-2.0
//
// raw_epoll: an echo server of one thread, without the library. It serves until
// it is killed, and leaves out what the library is for: a full send buffer,
// slow handlers, errors.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;  // level-triggered
  event.data.u64 = static_cast<std::uint64_t>(fd);
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Echoes what is there; closes at the end of the stream.
void echo_once(int fd) {
  std::array<char, 4096> bytes;
  const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), 0);
  if (n <= 0) {
    ::close(fd);
    return;
  }
  ::send(fd, bytes.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL);
}

int listen_anywhere() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, any, size) != 0 || ::listen(fd, 128) != 0) {
    std::exit(1);
  }
  ::getsockname(fd, any, &size);
  std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

}  // namespace

int main() {
  const int listener = listen_anywhere();
  const int epoll = ::epoll_create1(0);
  watch(epoll, listener);
  for (;;) {
    std::array<epoll_event, 16> events;
    const int ready = ::epoll_wait(epoll, events.data(), 16, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = static_cast<int>(events[std::size_t(i)].data.u64);
      if (fd != listener) {
        echo_once(fd);
        continue;
      }
      const int conn = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (conn >= 0) watch(epoll, conn);
    }
  }
}
