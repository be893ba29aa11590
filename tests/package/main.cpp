// SPDX-License-Identifier: Apache-2.0

// Serves one address, dials nobody, ends: enough to need every layer's headers
// and libraries from the installed package.

#include <chrono>
#include <cstdio>

#include "netpoll/netpoll.h"

int main() {
  auto runtime = netpoll::Runtime::start({.pollers = 1});
  if (!runtime) return 1;
  auto listener = netpoll::Listener::listen("tcp", "127.0.0.1:0");
  if (!listener) return 2;
  const auto echo = [](netpoll::Connection& conn) { conn.close(); };
  netpoll::EventLoop loop(**runtime, {.on_request = echo});
  if (loop.start(*std::move(listener))) return 3;
  if (loop.shutdown(std::chrono::seconds(5))) return 4;
  std::puts("served");
}
