// SPDX-License-Identifier: Apache-2.0
//
// A socket that connects to itself. Nobody listens on the port. The kernel
// happens to give the dialling socket that very port; here the program does so
// by binding it, as waiting for the accident would take long.

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "netpoll/client/connector.h"
#include "netpoll/os/socket.h"

namespace {

using netpoll::Address;
using netpoll::UniqueFd;

constexpr std::chrono::seconds kLimit{5};

// A port where nobody listens.
Address free_address() {
  const UniqueFd fd =
      *netpoll::os::listen_on(*Address::parse("tcp", "127.77.0.2:0"));
  return *Address::local_of(fd.get());
}

void talk_to_it(const Address& address) {
  const auto deadline = netpoll::deadline_of(kLimit);
  const auto fd = netpoll::os::connect_to(address, deadline, address);
  if (!fd) return;
  const std::string sent = "is anybody there?";
  ::send(fd->get(), sent.data(), sent.size(), MSG_NOSIGNAL);
  std::array<char, 64> got{};
  const ssize_t size = ::recv(fd->get(), got.data(), got.size(), 0);
  std::printf("connected, sent \"%s\", received \"%.*s\"\n", sent.c_str(),
              static_cast<int>(size), got.data());
}

void dial(const Address& address) {
  int opened = 0;
  netpoll::ConnectOptions options{.deadline = netpoll::deadline_of(kLimit)};
  options.begin = [&](const Address&, const Address&) {
    ++opened;
    const Address other = free_address();  // the socket before has its port yet
    return netpoll::os::begin_connect(other, other);  // the kernel's bad luck
  };
  const auto socket = netpoll::connect_first(std::vector{address}, options);
  std::printf("%s, after %d sockets\n",
              socket ? "connected" : socket.error().message().c_str(), opened);
}

}  // namespace

int main() {
  std::printf("connect_to:    ");
  talk_to_it(free_address());
  std::printf("connect_first: ");
  dial(free_address());
}
