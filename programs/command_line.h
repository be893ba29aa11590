// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every program of the project does with its flags, the servers of the
// race too: it needs nothing of the library.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace netpoll::programs {

/// The exit status of a program whose flags are wrong.
inline constexpr int kBadFlags = 2;

/// Writes to standard error one line that says why a flag is wrong. Returns
/// kBadFlags, the exit status for it. `why` quotes what the user has typed: a
/// control character in it, such as the end of a line, is printed as '?'.
inline int refuse_flag(const CLI::App& app, std::string why) {
  constexpr char kDelete = 127;
  const auto is_control = [](char c) {
    return (c >= 0 && c < ' ') || c == kDelete;
  };
  std::ranges::replace_if(why, is_control, '?');
  std::fprintf(stderr, "%s: %s (%s --help lists the flags)\n",
               app.get_name().c_str(), why.c_str(), app.get_name().c_str());
  return kBadFlags;
}

/// Reads the flags from the command line. Returns -1 when the program may go
/// on, else its exit status: 0 after --help, or 2 (kBadFlags) after one line on
/// standard error that says what is wrong and what is allowed.
inline int parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return -1;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return refuse_flag(app, error.what());
  }
}

/// Keeps a core busy, as the work of a real handler would: --work-us.
inline void work(std::chrono::microseconds length) {
  if (length.count() == 0) return;
  const auto until = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < until) {
  }
}

}  // namespace netpoll::programs
