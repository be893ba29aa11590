// SPDX-License-Identifier: Apache-2.0
//
// The calls on sockets, each in front of the one of the C library.
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdarg>
#include <vector>

#include "inject.h"

using namespace netpoll::faults;

namespace {

ssize_t refused(const Verdict& verdict) {
  errno = verdict.number;
  return -1;
}

std::size_t shortened(std::size_t size, const Verdict& verdict) {
  if (verdict.how != How::shorten) return size;
  return std::min(size, static_cast<std::size_t>(verdict.number));
}

const char* option_site(int level, int name) {
  if (level == IPPROTO_TCP) {
    if (name == TCP_NODELAY) return "setsockopt.nodelay";
    return name == TCP_KEEPIDLE ? "setsockopt.keepidle" : "setsockopt.keep";
  }
  if (level != SOL_SOCKET) return "setsockopt.ip";
  if (name == SO_REUSEADDR) return "setsockopt.reuseaddr";
  if (name == SO_REUSEPORT) return "setsockopt.reuseport";
  return name == SO_KEEPALIVE ? "setsockopt.keepalive" : "setsockopt.other";
}

const char* asked_site(int name) {
  if (name == SO_ERROR) return "getsockopt.error";
  if (name == SO_TYPE) return "getsockopt.type";
  return name == SO_ACCEPTCONN ? "getsockopt.listens" : "getsockopt.domain";
}

// The first `most` bytes of the pieces of `message`.
std::vector<iovec> cut(const msghdr& message, std::size_t most) {
  std::vector<iovec> pieces;
  for (std::size_t i = 0; i < message.msg_iovlen && most > 0; ++i) {
    iovec piece = message.msg_iov[i];
    piece.iov_len = std::min(piece.iov_len, most);
    most -= piece.iov_len;
    pieces.push_back(piece);
  }
  return pieces;
}

}  // namespace

extern "C" {

ssize_t recv(int fd, void* room, std::size_t size, int flags) {
  static auto* const real = next(&::recv, "recv");
  const Verdict verdict = judge("recv.input");
  if (verdict.how == How::refuse) return refused(verdict);
  return real(fd, room, shortened(size, verdict), flags);
}

ssize_t send(int fd, const void* bytes, std::size_t size, int flags) {
  static auto* const real = next(&::send, "send");
  const Verdict verdict = judge("send");
  if (verdict.how == How::refuse) return refused(verdict);
  return real(fd, bytes, shortened(size, verdict), flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const real = next(&::sendmsg, "sendmsg");
  const Verdict verdict = judge("sendmsg");
  if (verdict.how == How::refuse) return refused(verdict);
  if (verdict.how != How::shorten) return real(fd, message, flags);
  auto pieces = cut(*message, static_cast<std::size_t>(verdict.number));
  msghdr part = *message;
  part.msg_iov = pieces.data();
  part.msg_iovlen = pieces.size();
  return real(fd, &part, flags);
}

int socket(int family, int type, int protocol) noexcept {
  static auto* const real = next(&::socket, "socket");
  const int fd =
      pass("socket", -1, [&] { return real(family, type, protocol); });
  note(fd, Kind::stream);
  return fd;
}

int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  static auto* const real = next(&::bind, "bind");
  return pass("bind", -1, [&] { return real(fd, address, size); });
}

int listen(int fd, int backlog) noexcept {
  static auto* const real = next(&::listen, "listen");
  note(fd, Kind::listener);
  return pass("listen", -1, [&] { return real(fd, backlog); });
}

int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  static auto* const real = next(&::accept4, "accept4");
  const int fd =
      pass("accept4", -1, [&] { return real(listener, address, size, flags); });
  note(fd, Kind::stream);
  return fd;
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  static auto* const real = next(&::connect, "connect");
  return pass("connect", -1, [&] { return real(fd, address, size); });
}

int shutdown(int fd, int how) noexcept {
  static auto* const real = next(&::shutdown, "shutdown");
  return pass("shutdown", -1, [&] { return real(fd, how); });
}

int setsockopt(int fd, int level, int name, const void* value,
               socklen_t size) noexcept {
  static auto* const real = next(&::setsockopt, "setsockopt");
  return pass(option_site(level, name), -1,
              [&] { return real(fd, level, name, value, size); });
}

int getsockopt(int fd, int level, int name, void* value,
               socklen_t* size) noexcept {
  static auto* const real = next(&::getsockopt, "getsockopt");
  const Verdict verdict = judge(asked_site(name));
  if (verdict.how == How::refuse) return static_cast<int>(refused(verdict));
  const int result = real(fd, level, name, value, size);
  if (verdict.how == How::value) *static_cast<int*>(value) = verdict.number;
  return result;
}

int getsockname(int fd, sockaddr* address, socklen_t* size) noexcept {
  static auto* const real = next(&::getsockname, "getsockname");
  const char* const site = kind_of(fd) == Kind::listener
                               ? "getsockname.listener"
                               : "getsockname.stream";
  return pass(site, -1, [&] { return real(fd, address, size); });
}

int getpeername(int fd, sockaddr* address, socklen_t* size) noexcept {
  static auto* const real = next(&::getpeername, "getpeername");
  return pass("getpeername", -1, [&] { return real(fd, address, size); });
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  static auto* const real = next(&::ioctl, "ioctl");
  std::va_list more;
  va_start(more, request);
  void* const argument = va_arg(more, void*);
  va_end(more);
  const char* const site =
      request == SIOCOUTQ ? "ioctl.unsent" : "ioctl.waiting";
  return pass(site, -1, [&] { return real(fd, request, argument); });
}

}  // extern "C"
