// SPDX-License-Identifier: Apache-2.0
//
// Step 1 of an echo server: one client at a time.
//
//    echo_one PORT   serves for ever; try it with nc 127.0.0.1 PORT
//    echo_one        serves two clients of its own, and ends
//
// Of its own clients, the second one sends while the first is still there.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "clients.h"

namespace {

// Sends all of them: one write may take only a part.
bool write_all(int fd, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t taken = ::write(fd, bytes, count);
    if (taken < 0) return false;
    bytes += taken;
    count -= static_cast<std::size_t>(taken);
  }
  return true;
}

void serve(int client) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(client, buffer.data(), buffer.size());
    if (got <= 0) break;  // 0: the client has finished; -1: an error
    if (!write_all(client, buffer.data(), static_cast<std::size_t>(got))) break;
  }
  ::close(client);
}

void serve_clients(int listener, int how_many) {
  for (int i = 0; i != how_many; ++i)
    serve(::accept(listener, nullptr, nullptr));
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(argc == 2 ? std::atoi(argv[1]) : 0);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener, raw, size) != 0 || ::listen(listener, 16) != 0) return 1;
  if (argc == 2) serve_clients(listener, -1);
  ::getsockname(listener, raw, &size);

  const std::jthread server([listener] { serve_clients(listener, 2); });
  return two_clients(address);
}
