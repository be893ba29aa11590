// SPDX-License-Identifier: Apache-2.0
//
// echo_server: sends back whatever it gets, until SIGTERM or SIGINT. It then
// finishes what is under way; a second signal ends it at once.

#include <chrono>
#include <cstddef>
#include <thread>

#include "netpoll/netpoll.h"
#include "netpoll/os/signals.h"
#include "server_flags.h"

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr const char* kName = "echo_server";

struct Flags {
  netpoll::programs::Where where;
  netpoll::programs::Threads threads;
  unsigned work_us = 0;
  unsigned block_ms = 0;
  std::size_t max_input = 0;
};

// The handler: sends back all input that is there. malloc() hands out the
// memory that flush() sends, and read() fills it: each byte is copied once.
void on_request(netpoll::Connection& conn) {
  netpoll::Input& in = conn.reader();
  const auto size = in.read(conn.writer().malloc(in.size()));
  if (!size) return conn.close();
  if (conn.writer().flush()) conn.close();
}

// A request that asks for it by its first byte keeps its handler, which then
// uses no core, as a handler does that waits for a database.
void block_if_asked(netpoll::Connection& conn, milliseconds length) {
  constexpr std::byte kAsks{0xff};
  const auto first = conn.reader().peek(1);
  const bool asks = first && first->front() == kAsks;
  conn.reader().release();  // ends the view
  if (asks) std::this_thread::sleep_for(length);
}

int run_server(const Flags& flags) {
  // The constructor blocks SIGTERM and SIGINT, and every thread that is started
  // later inherits that. So no thread takes the two signals but this one, in
  // signals.wait().
  netpoll::os::EndSignals signals;
  auto open = netpoll::programs::open_server(kName, flags.where, flags.threads);
  if (!open) return open.error();
  const auto handle =
      [length = microseconds(flags.work_us),
       pause = milliseconds(flags.block_ms)](netpoll::Connection& conn) {
        netpoll::programs::work(length);
        if (pause.count() > 0) block_if_asked(conn, pause);
        on_request(conn);
      };
  netpoll::EventLoop loop(*open->runtime, {.on_request = handle},
                          {.max_input = flags.max_input});
  if (const int status = netpoll::programs::serve(kName, loop, *open);
      status >= 0) {
    return status;
  }

  signals.wait();
  const auto error = loop.shutdown(std::chrono::seconds(30));
  return error
             ? netpoll::programs::refuse(
                   kName, "shut down with requests under way", error.message())
             : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Sends back whatever it gets, until SIGTERM or SIGINT.", kName);
  netpoll::programs::add_where(app, flags.where);
  netpoll::programs::add_threads(app, flags.threads);
  app.add_option("--work-us", flags.work_us,
                 "microseconds of work for each call of the handler")
      ->check(CLI::Range(0, 60'000'000))
      ->capture_default_str();
  app.add_option("--block-ms", flags.block_ms,
                 "milliseconds that a request beginning with byte 255 keeps "
                 "its handler; 0: none does")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  app.add_option("--max-input", flags.max_input,
                 "unread bytes at which the poller stops reading; 0: none")
      ->check(netpoll::programs::bytes_from(0))
      ->capture_default_str();
  if (const int status =
          netpoll::programs::prepare(app, argc, argv, flags.where);
      status >= 0) {
    return status;
  }
  return run_server(flags);
}
