// SPDX-License-Identifier: Apache-2.0
//
// echo_client: sends messages to an echo server and compares what comes back.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "flags.h"
#include "netpoll/netpoll.h"

namespace {

constexpr const char* kName = "echo_client";

struct Flags {
  netpoll::programs::Where where;
  std::string say;
  std::size_t connections = 1;
  std::size_t messages = 1;
  std::size_t bytes = 64;
  unsigned timeout_ms = 10'000;
};

struct Tally {
  std::atomic<std::size_t> echoed{0};
  std::atomic<std::size_t> failed{0};
};

// Sends one message and reads its echo. Returns "" when all is well, else what
// went wrong.
std::string exchange(netpoll::Connection& conn, const std::string& message) {
  conn.writer().write_string(message);
  if (const auto error = conn.writer().flush()) return error.message();
  const auto echo = conn.reader().next(message.size());
  if (!echo) return echo.error().message();
  const auto sent = std::as_bytes(std::span(message));
  if (!std::ranges::equal(*echo, sent)) return "other bytes came back";
  conn.reader().release();
  return "";
}

// Opens a connection, sends `flags.messages` messages and reads the echo of
// each. Returns "" when all is well, else what went wrong.
std::string talk(netpoll::Runtime& runtime, const Flags& flags,
                 const std::string& message, Tally& tally) {
  const std::chrono::milliseconds timeout(flags.timeout_ms);
  auto server =
      netpoll::dial(runtime, flags.where.network, flags.where.addr, timeout);
  if (!server) return server.error().message();
  netpoll::Connection& conn = **server;
  conn.set_read_timeout(timeout);
  conn.set_write_timeout(timeout);
  for (std::size_t i = 0; i < flags.messages; ++i) {
    if (std::string wrong = exchange(conn, message); !wrong.empty()) {
      return wrong;
    }
    ++tally.echoed;
  }
  return "";
}

int fail_with(const std::string& what, const std::string& why) {
  return netpoll::programs::refuse(kName, what, why);
}

void talk_and_count(netpoll::Runtime& runtime, const Flags& flags,
                    const std::string& message, Tally& tally) {
  const std::string wrong = talk(runtime, flags, message, tally);
  if (wrong.empty()) return;
  ++tally.failed;
  fail_with(flags.where.addr, wrong);
}

// Serves each connection on a thread of its own, and waits until all these
// threads have ended. A connection for which the system cannot start a thread
// counts as failed.
void talk_on_all(netpoll::Runtime& runtime, const Flags& flags,
                 const std::string& message, Tally& tally) {
  std::vector<std::jthread> talkers;
  talkers.reserve(flags.connections);
  try {
    while (talkers.size() < flags.connections) {
      talkers.emplace_back(
          [&] { talk_and_count(runtime, flags, message, tally); });
    }
  } catch (const std::system_error& error) {
    const std::size_t left = flags.connections - talkers.size();
    tally.failed += left;
    fail_with("no thread for " + std::to_string(left) + " connections",
              error.code().message());
  }
}

int run(const Flags& flags) {
  auto runtime = netpoll::Runtime::start();
  if (!runtime) return fail_with("cannot start", runtime.error().message());
  const std::string message =
      flags.say.empty() ? std::string(flags.bytes, 'x') : flags.say + "\n";
  Tally tally;
  talk_on_all(**runtime, flags, message, tally);
  if (!flags.say.empty()) {
    if (tally.failed == 0) std::printf("%s\n", flags.say.c_str());
  } else {
    std::printf("%zu echoed, %zu connections failed\n", tally.echoed.load(),
                tally.failed.load());
  }
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Sends messages to an echo server and compares the answers.",
               kName);
  netpoll::programs::add_where(app, flags.where);
  app.get_option("--addr")->required();
  app.add_option("--say", flags.say, "send this one line, print the answer");
  app.add_option("--connections", flags.connections, "at the same time")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--messages", flags.messages, "on each connection")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--bytes", flags.bytes, "in each message")
      ->check(CLI::Range(1, 64 * 1024 * 1024))
      ->capture_default_str();
  app.add_option("--timeout-ms", flags.timeout_ms,
                 "for connecting, and for each wait; 0: none")
      ->capture_default_str();
  if (const int status =
          netpoll::programs::prepare(app, argc, argv, flags.where);
      status >= 0) {
    return status;
  }
  return run(flags);
}
