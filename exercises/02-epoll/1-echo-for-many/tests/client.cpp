// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "waiting.h"

using waiting::eventually;
using waiting::patience_ms;
using waiting::ready;

Client::Client(const Server& server)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int size = 1 << 17;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<in_port_t>(server.port()));
  ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
            sizeof address);
  ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
}

bool Client::echoes(std::string_view text) {
  unsent_ = text;
  pushed_ = text.size();
  back_.clear();
  return finish() == text;
}

// False when there is no room now, or the connection is broken.
bool Client::send_some() {
  const ssize_t n =
      ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (n > 0) unsent_.remove_prefix(static_cast<std::size_t>(n));
  return n > 0;
}

void Client::push(std::string_view text, const Server& server) {
  unsent_ = text;
  pushed_ = text.size();
  back_.clear();
  using Clock = std::chrono::steady_clock;
  const std::chrono::milliseconds hopeless(patience_ms() / 4);
  Clock::time_point progress = Clock::now();
  for (int stopped = 0; !unsent_.empty() && stopped < 3;) {
    if (send_some()) {
      progress = Clock::now();
      stopped = 0;
      continue;
    }
    if (Clock::now() - progress > hopeless) return;
    stopped = server.is_asleep() && is_unread(server) ? stopped + 1 : 0;
    pollfd room{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
    if (::poll(&room, 1, 5) == 1 && (room.revents & POLLERR) != 0) return;
  }
}

// The kernel's table has a line for each end of a connection: the number, the
// two addresses, the state, and how many bytes lie in its two buffers.
bool Client::is_unread(const Server& server) const {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&own), &size);
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    unsigned near = 0;
    unsigned far = 0;
    unsigned unread = 0;
    const char* const form = " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %*x %*x:%x";
    if (std::sscanf(line.c_str(), form, &near, &far, &unread) == 3 &&
        near == static_cast<unsigned>(server.port()) &&
        far == ntohs(own.sin_port))
      return unread > 0;
  }
  return false;
}

bool Client::read_some() {
  static std::array<char, 1 << 17> room;
  const std::size_t most = std::min(room.size(), pushed_ - back_.size());
  const ssize_t n = ::recv(fd_.get(), room.data(), most, 0);
  if (n > 0) back_.append(room.data(), static_cast<std::size_t>(n));
  over_ = n == 0 || (n < 0 && errno != EAGAIN);
  return n > 0;
}

void Client::read_and_push(std::string_view text) {
  while (back_.size() < pushed_ && read_some()) {
  }
  unsent_ = text.substr(pushed_ - unsent_.size());
  pushed_ = text.size();
  while (!unsent_.empty() && send_some()) {
  }
}

std::string Client::finish() {
  while (back_.size() < pushed_ && !over_) {
    while (!unsent_.empty() && send_some()) {
    }
    const short events = unsent_.empty() ? POLLIN : POLLIN | POLLOUT;
    if (!ready(fd_.get(), events)) break;
    read_some();
  }
  return back_;
}

std::string Client::compared(std::string_view sent,
                             std::string_view back) const {
  if (back == sent) return "all came back, in order";
  if (!sent.starts_with(back))
    return "other bytes came back than were sent, or in another order";
  return over_ ? "the beginning came back, then the server closed"
               : "the beginning came back, and no more";
}

std::string Client::finish_and_end(const Server& server) {
  if (!unsent_.empty()) {  // it reads only as fast as it can send
    std::string back = finish();
    end_sending();
    return back;
  }
  end_sending();
  settle(server);
  return finish();
}

// The server has read all that was sent, or sleeps over what it has not read.
bool Client::is_settled(const Server& server) const {
  int unconfirmed = 0;
  ::ioctl(fd_.get(), SIOCOUTQ, &unconfirmed);
  return (unconfirmed == 0 || is_unread(server)) && server.is_asleep();
}

void Client::settle(const Server& server) const {
  static_cast<void>(eventually([&] { return is_settled(server); }));
}

void Client::end_sending() const {
  ::shutdown(fd_.get(), SHUT_WR);
}

bool Client::sees_the_end() const {
  char byte = 0;
  return ready(fd_.get(), POLLIN) && ::recv(fd_.get(), &byte, 1, 0) == 0;
}

void Client::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}
