// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs share: flags of where to connect, and how a bad flag ends.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

namespace netpoll::programs {

/// --network and --addr.
struct Where {
  std::string network = "tcp";
  std::string addr = "127.0.0.1:0";
};

inline void add_where(CLI::App& app, Where& where) {
  app.add_option("--network", where.network, "tcp or unix")
      ->check(CLI::IsMember({"tcp", "unix"}))
      ->capture_default_str();
  app.add_option("--addr", where.addr,
                 "HOST:PORT, or the PATH of a unix socket")
      ->capture_default_str();
}

/// Reads the flags. Returns -1 to go on, else the exit status: 0 after --help,
/// 2 after one line that says what is wrong and what is allowed.
inline int parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return -1;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "%s: %s (%s --help lists the flags)\n",
                 app.get_name().c_str(), error.what(), app.get_name().c_str());
    return 2;
  }
}

}  // namespace netpoll::programs
