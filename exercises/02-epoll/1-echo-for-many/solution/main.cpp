// SPDX-License-Identifier: Apache-2.0
//
// Listens on a free port of this machine, prints it, and serves. Nothing is to
// be changed here.

#include <cstdio>

#include "echo.h"
#include "netpoll/os/socket.h"

int main() {
  using netpoll::Address;
  const auto listener =
      netpoll::os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  if (!listener) return 1;
  std::printf("127.0.0.1 %d\n", Address::local_of(listener->get())->port());
  std::fflush(stdout);
  serve(listener->get());
}
