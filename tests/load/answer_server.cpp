// SPDX-License-Identifier: Apache-2.0
//
// answer_server: answers each call of its handler with as many bytes as
// --answer-bytes says, for peers that read slowly or not at all. The answer is
// written in pieces of --piece-bytes, with a flush() after each, so a handler
// that cannot send keeps one piece in memory, not the whole answer.
//
// Byte i of an answer is i % 251. At SIGTERM the server waits --limit-ms for
// its connections, then ends them. Its last line counts the answers.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "netpoll/netpoll.h"
#include "netpoll/os/signals.h"
#include "server_flags.h"

namespace {

using std::chrono::milliseconds;

constexpr const char* kName = "answer_server";

struct Flags {
  netpoll::programs::Where where;
  netpoll::programs::Threads threads;
  std::size_t answer_bytes = std::size_t{1} << 30;
  std::size_t piece_bytes = std::size_t{1} << 20;
  unsigned write_timeout_ms = 0;
  unsigned linger_ms = 5000;
  unsigned limit_ms = 30'000;
};

struct Tally {
  std::atomic<unsigned> begun{0};
  std::atomic<unsigned> whole{0};
  std::atomic<unsigned> cut{0};  // a flush failed; the rest was not written
};

constexpr std::size_t kPeriod = 251;

// Bytes of which any kPeriod in a row follow the pattern of the answer.
std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = std::byte(i % kPeriod);
  return bytes;
}

// Writes an answer of `total` bytes. Returns false when a flush has failed.
bool write_answer(netpoll::Output& out, std::size_t total, std::size_t piece,
                  std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at < total; at += piece) {
    const std::size_t size = std::min(piece, total - at);
    out.write_binary(bytes.subspan(at % kPeriod, size));
    if (out.flush()) return false;
  }
  return true;
}

netpoll::Handlers handlers(const Flags& flags, Tally& tally) {
  // Longer by one period, so that a piece can begin at any place in the period.
  const auto answer = [&tally, bytes = pattern(flags.piece_bytes + kPeriod),
                       total = flags.answer_bytes,
                       piece = flags.piece_bytes](netpoll::Connection& conn) {
    if (conn.reader().skip(conn.reader().size())) return conn.close();
    ++tally.begun;
    if (write_answer(conn.writer(), total, piece, bytes)) {
      ++tally.whole;
    } else {
      ++tally.cut;
      conn.close();
    }
  };
  return {.on_request = answer};
}

// Serves until SIGTERM. Returns the exit status; the connections have ended.
int serve(netpoll::programs::OpenServer& open, netpoll::os::EndSignals& signals,
          const Flags& flags, Tally& tally) {
  netpoll::EventLoop loop(
      *open.runtime, handlers(flags, tally),
      {.write_timeout = milliseconds(flags.write_timeout_ms),
       .linger = milliseconds(flags.linger_ms)});
  if (const int status = netpoll::programs::serve(kName, loop, open);
      status >= 0) {
    return status;
  }

  signals.wait();
  const auto error = loop.shutdown(milliseconds(flags.limit_ms));
  return error
             ? netpoll::programs::refuse(
                   kName, "shut down with requests under way", error.message())
             : 0;
}

int run_server(const Flags& flags) {
  netpoll::os::EndSignals signals;  // before any thread is started
  auto open = netpoll::programs::open_server(kName, flags.where, flags.threads);
  if (!open) return open.error();
  Tally tally;
  const int status = serve(*open, signals, flags, tally);
  std::printf("%u begun, %u whole, %u cut\n", tally.begun.load(),
              tally.whole.load(), tally.cut.load());
  return status;
}

void add_flags(CLI::App& app, Flags& flags) {
  netpoll::programs::add_where(app, flags.where);
  netpoll::programs::add_threads(app, flags.threads);
  app.add_option("--answer-bytes", flags.answer_bytes);
  app.add_option("--piece-bytes", flags.piece_bytes)
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30));
  app.add_option("--write-timeout-ms", flags.write_timeout_ms, "0: none");
  app.add_option("--linger-ms", flags.linger_ms);
  app.add_option("--limit-ms", flags.limit_ms, "of the wait after SIGTERM");
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Answers with as many bytes as it is told.", kName);
  add_flags(app, flags);
  if (const int status =
          netpoll::programs::prepare(app, argc, argv, flags.where);
      status >= 0) {
    return status;
  }
  return run_server(flags);
}
