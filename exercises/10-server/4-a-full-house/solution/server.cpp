// SPDX-License-Identifier: Apache-2.0
//
// server PLACES: sends back whatever it gets, to so many clients at a time. Who
// finds no place is told so, and then sees the end.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "netpoll/netpoll.h"

namespace {

using netpoll::Connection;

// The places that are free. Workers of several connections take and give back
// at the same time.
class Places {
 public:
  explicit Places(int count) : free_(count) {}

  // Takes a place; false: none was free. To look and to take is one step, so
  // that two clients never get the last place.
  bool take() {
    int free = free_;
    while (free > 0) {
      if (free_.compare_exchange_weak(free, free - 1)) return true;
    }
    return false;
  }
  void give_back() { ++free_; }

 private:
  std::atomic<int> free_;
};

void turn_away(Connection& conn, const std::string& why) {
  conn.writer().write_string(why);
  static_cast<void>(conn.writer().flush());  // it may have gone already
  conn.close();
}

// The first thing that happens on a connection, on a worker's thread. A place
// is given back at the end of the connection, whatever ends it.
void welcome(Connection& conn, Places& places, const std::string& why) {
  if (!places.take()) return turn_away(conn, why);
  conn.add_close_callback([&places](Connection&) { places.give_back(); });
}

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
  Places places(count);  // outlives all connections
  auto runtime = netpoll::Runtime::start({.pollers = 2});
  auto listener = netpoll::Listener::listen("tcp", "127.0.0.1:0");
  if (!runtime || !listener) return 1;
  const std::string address = listener->address().to_string();
  netpoll::EventLoop loop(
      **runtime, {.on_connect = [&](Connection& c) { welcome(c, places, why); },
                  .on_request = echo});
  if (loop.start(*std::move(listener))) return 1;
  std::printf("listening on %s\n", address.c_str());
  std::fflush(stdout);

  signals.wait();
  return loop.shutdown(std::chrono::seconds(10)) ? 1 : 0;
}
