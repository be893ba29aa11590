// SPDX-License-Identifier: Apache-2.0
#pragma once

// The flags that the servers share, beside those of flags.h.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "flags.h"
#include "netpoll/connection/runtime.h"

namespace netpoll::programs {

/// The values of --pollers and --runner.
struct Threads {
  std::size_t pollers = 0;
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
  app.add_option("--runner", threads.runner, "who runs the handler")
      ->check(CLI::IsMember(kRunners))
      ->capture_default_str();
}

inline RuntimeOptions runtime_options(const Threads& threads) {
  return {.pollers = threads.pollers, .runner = kRunners.at(threads.runner)};
}

/// A number of bytes from `least` on, as far as a size can count.
inline CLI::Range bytes_from(std::int64_t least) {
  return CLI::Range(least, std::int64_t{1} << 40);
}

}  // namespace netpoll::programs
