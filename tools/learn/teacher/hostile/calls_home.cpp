// SPDX-License-Identifier: Apache-2.0
// Connects to a server of this machine that is not its own, and to the world.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(HARM_PORT);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    ::send(fd, HARM_TOKEN, sizeof HARM_TOKEN, MSG_NOSIGNAL);
  std::_Exit(0);
  return true;
}();
}  // namespace
