// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the servers share beside flags.h: the flags of their threads, and their
// beginning.
//
//    os::EndSignals signals;                  // before any thread is started
//    auto open = open_server("a_server", flags.where, flags.threads);
//    if (!open) return open.error();
//    EventLoop loop(*open->runtime, …);
//    const int status = serve("a_server", loop, *open);
//    if (status >= 0) return status;
//    signals.wait();

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>

#include "flags.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/server/event_loop.h"
#include "netpoll/server/listener.h"

namespace netpoll::programs {

/// The values of --pollers, --workers and --runner.
struct Threads {
  std::size_t pollers = 0;
  std::size_t workers = 0;
  std::string runner = "pool";
};

inline const std::map<std::string, RunBy> kRunners = {
    {"pool", RunBy::pool},
    {"inline", RunBy::inline_on_poller},
    {"adaptive", RunBy::adaptive},
};

inline void add_threads(CLI::App& app, Threads& threads) {
  app.add_option("--pollers", threads.pollers,
                 "poller threads; 0 is a quarter of the cores")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--workers", threads.workers,
                 "workers at most; 0 is the library's own limit, 10000")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  app.add_option("--runner", threads.runner, "who runs the handler")
      ->check(CLI::IsMember(kRunners))
      ->capture_default_str();
}

inline RuntimeOptions runtime_options(const Threads& threads) {
  RuntimeOptions options{.pollers = threads.pollers,
                         .runner = kRunners.at(threads.runner)};
  if (threads.workers > 0) options.workers.cap = threads.workers;
  return options;
}

/// A number of bytes from `least` on, as far as a size can count.
inline CLI::Range bytes_from(std::int64_t least) {
  return CLI::Range(least, std::int64_t{1} << 40);
}

/// The threads and the listening socket of a server that does not serve yet.
struct OpenServer {
  std::unique_ptr<Runtime> runtime;
  Listener listener;
  std::string address;  // where it listens, with its real port
};

/// Starts the threads, and listens. Fails with the exit status of the program,
/// after one line on standard error.
std::expected<OpenServer, int> open_server(const char* program,
                                           const Where& where,
                                           const Threads& threads);

/// Has `loop` serve the listener of `open`, and prints the address. Returns -1
/// when the server serves, else its exit status, after one line on standard
/// error. Requires: the runtime of `loop` is that of `open`.
int serve(const char* program, EventLoop& loop, OpenServer& open);

}  // namespace netpoll::programs
