// SPDX-License-Identifier: Apache-2.0
//
// A server answers with 128 KiB and ends the connection. One byte of the
// client's is still unread at that moment. What does the client get?
//
//    close               the answer was sent, so the descriptor is closed
//    half, then close    shutdown_write, discard until the client's end, close

#include <netinet/in.h>
#include <poll.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include "netpoll/os/half_close.h"
#include "netpoll/os/io.h"
#include "netpoll/os/socket.h"
#include "pair.h"

namespace {

namespace os = netpoll::os;
using netpoll::Address;
using netpoll::UniqueFd;

constexpr std::size_t kAnswer = std::size_t{128} << 10;

// Both ends block, so that each step is over before the next one. The small
// receive buffer keeps most of the answer in the server's kernel.
Pair connected_by_tcp() {
  const UniqueFd listener =
      *os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int small = 4096;
  const int large = 4 << 20;
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in at{};
  socklen_t size = sizeof at;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&at), &size);
  ::connect(client.get(), reinterpret_cast<sockaddr*>(&at), size);
  pollfd waiting{.fd = listener.get(), .events = POLLIN, .revents = 0};
  ::poll(&waiting, 1, 5000);
  UniqueFd server(::accept(listener.get(), nullptr, nullptr));
  ::setsockopt(server.get(), SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
  return {std::move(server), std::move(client)};
}

// Reads to the end, and says which end it was.
void print_what_comes(const char* what, const UniqueFd& client) {
  std::string room(4096, '\0');
  std::size_t came = 0;
  for (;;) {
    const ssize_t n = ::recv(client.get(), room.data(), room.size(), 0);
    if (n <= 0) {
      std::printf("%-17s  %-17s  %s\n", what,
                  came == kAnswer ? "the whole answer" : "a part of it",
                  n == 0 ? "the end of the stream" : "a reset");
      return;
    }
    came += static_cast<std::size_t>(n);
  }
}

void run(const char* what, bool half) {
  Pair pair = connected_by_tcp();
  send_text(pair.client, "?!");
  char request;
  static_cast<void>(::recv(pair.server.get(), &request, 1, 0));
  send_text(pair.server, std::string(kAnswer, 'x'));
  if (half) {
    static_cast<void>(os::shutdown_write(pair.server.get()));
  } else {
    pair.server.reset();
  }
  print_what_comes(what, pair.client);
  if (!half) return;
  ::shutdown(pair.client.get(), SHUT_WR);
  for (auto moved = os::discard(pair.server.get()); moved && !moved->eof;)
    moved = os::discard(pair.server.get());
}

}  // namespace

int main() {
  std::puts("the server         the client gets    and then");
  run("close", false);
  run("half, then close", true);
}
