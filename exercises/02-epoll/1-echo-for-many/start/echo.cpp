// SPDX-License-Identifier: Apache-2.0
#include "echo.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

// The server of chapter 1: it waits for one client, and the others for it.
// Where it waits for a client, and where for room, nobody else can be served.

namespace {

bool send_all(int client, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t taken = ::send(client, bytes, count, MSG_NOSIGNAL);
    if (taken < 0) return false;
    bytes += taken;
    count -= static_cast<std::size_t>(taken);
  }
  return true;
}

void serve_one(int client) {
  std::array<char, 4096> room{};
  for (;;) {
    const ssize_t got = ::recv(client, room.data(), room.size(), 0);
    if (got <= 0) return;
    if (!send_all(client, room.data(), static_cast<std::size_t>(got))) return;
  }
}

}  // namespace

void serve(int listener) {
  for (;;) {
    pollfd arrival{.fd = listener, .events = POLLIN, .revents = 0};
    ::poll(&arrival, 1, -1);
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    serve_one(client);
    ::close(client);
  }
}
