// SPDX-License-Identifier: Apache-2.0
//
// server PLACES: sends back whatever it gets, to so many clients at a time. Who
// finds no place is told so, and then sees the end.
//
// So far everybody finds a place.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "netpoll/netpoll.h"

namespace {

using netpoll::Connection;

void echo(Connection& conn) {
  netpoll::Input& in = conn.reader();
  const auto size = in.read(conn.writer().malloc(in.size()));
  if (!size || conn.writer().flush()) conn.close();
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  const std::string why =
      "sorry, all " + std::to_string(count) + " places are taken\n";
  netpoll::os::EndSignals signals;
  auto runtime = netpoll::Runtime::start({.pollers = 2});
  auto listener = netpoll::Listener::listen("tcp", "127.0.0.1:0");
  if (!runtime || !listener) return 1;
  const std::string address = listener->address().to_string();
  netpoll::EventLoop loop(**runtime, {.on_request = echo});
  if (loop.start(*std::move(listener))) return 1;
  std::printf("listening on %s\n", address.c_str());
  std::fflush(stdout);

  signals.wait();
  return loop.shutdown(std::chrono::seconds(10)) ? 1 : 0;
}
