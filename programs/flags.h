// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs share: the flags that say where to connect, the state of
// the process that each needs, and the line that says what it could not do. How
// flags are read is in command_line.h.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "command_line.h"
#include "netpoll/os/new_fd.h"
#include "netpoll/os/resolver.h"

namespace netpoll::programs {

/// The values of --network and --addr: where to listen, or to connect to.
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

/// Checks that `addr`, the value of `flag`, has the form that `network` needs.
/// Returns -1 when the program may go on, else its exit status, after one line
/// on standard error.
inline int check_addr(const CLI::App& app, const std::string& flag,
                      const std::string& network, const std::string& addr) {
  const auto error = os::check_form(network, addr);
  if (!error) return -1;
  return refuse_flag(app, flag + " " + addr + ": " + error.message() +
                              "; it is " +
                              (network == "unix" ? "a PATH" : "HOST:PORT"));
}

/// check_addr() of --addr. With --network unix, --addr must be given: its
/// default is a tcp address.
inline int check_where(const CLI::App& app, const Where& where) {
  if (where.network == "unix" && app.get_option("--addr")->count() == 0) {
    return refuse_flag(app, "--network unix needs --addr PATH");
  }
  return check_addr(app, "--addr", where.network, where.addr);
}

/// Writes to standard error one line that says what the program could not do,
/// and why. Returns the exit status for it.
inline int refuse(const char* program, const std::string& what,
                  const std::string& why) {
  std::fprintf(stderr, "%s: %s: %s\n", program, what.c_str(), why.c_str());
  return 1;
}

/// Makes the process fit for a server or a client: a write to a pipe or a
/// socket whose other end is closed fails and does not end the process, and no
/// descriptor that is opened later gets number 0, 1 or 2, those of the standard
/// streams.
inline void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  for (UniqueFd& fd : os::open_closed_standard_fds()) {
    static_cast<void>(fd.into_raw());  // open until the program ends
  }
}

/// What main() does between its flags and its work: parse(), check_where() and
/// prepare_process(). Returns -1 when the program may go on, else its exit
/// status.
inline int prepare(CLI::App& app, int argc, char** argv, const Where& where) {
  int status = parse(app, argc, argv);
  if (status < 0) status = check_where(app, where);
  if (status < 0) prepare_process();
  return status;
}

}  // namespace netpoll::programs
