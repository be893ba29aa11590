// SPDX-License-Identifier: Apache-2.0
//
// mux_client: many threads send requests on one connection to a mux_server.
// Each waits for its own answer and compares it.
//
//    caller 0 --\                                  /--> caller 2
//    caller 1 ----> ShardQueue -> connection -> reader -> caller 0
//    caller 2 --/                                  \--> caller 1
//
// The id of a request says which caller waits for it.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "flags.h"
#include "mux_answers.h"
#include "mux_frame.h"
#include "netpoll/netpoll.h"

namespace {

using netpoll::Connection;
using netpoll::programs::Answers;
using netpoll::programs::kFrameHeaderSize;

constexpr const char* kName = "mux_client";

struct Flags {
  netpoll::programs::Where where;
  std::size_t callers = 4;
  std::size_t requests = 100;
  std::size_t bytes = 64;
  unsigned timeout_ms = 10'000;
};

int fail_with(const std::string& what, const std::string& why) {
  return netpoll::programs::refuse(kName, what, why);
}

class Client {
 public:
  Client(netpoll::Runtime& runtime, Connection& conn, const Flags& flags)
      : flags_(flags),
        conn_(conn),
        queue_(runtime, conn),
        answers_(flags.callers) {}

  /// Runs the callers and the reader. Returns how many answers were right.
  std::size_t run();
  /// Why the others were not, or "".
  const std::string& why() const { return why_; }

 private:
  void run_callers(std::vector<std::size_t>& right);
  std::size_t call_all(std::size_t caller);
  bool call(std::size_t caller, std::uint32_t id);
  void read_answers();

  const Flags& flags_;
  Connection& conn_;
  netpoll::ShardQueue queue_;
  Answers answers_;
  std::string why_;
};

// Other bytes for each request, so that a wrong answer does not look right.
std::string payload_of(std::uint32_t id, std::size_t size) {
  std::string payload(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    payload[i] = static_cast<char>((id * 131 + i * 7) >> (i % 4));
  return payload;
}

// Sends one request, and waits for its answer. Returns false when it was not
// answered, or wrongly; then no more answers are waited for.
bool Client::call(std::size_t caller, std::uint32_t id) {
  std::string payload = payload_of(id, flags_.bytes);
  answers_.expect(caller, id);
  const bool added = queue_.add([id, payload](netpoll::LinkBuffer& packets) {
    packets.write_binary(netpoll::programs::encode(
        {.length = static_cast<std::uint32_t>(payload.size()), .id = id}));
    packets.write_string(payload);
  });
  if (!added) answers_.lose("the connection is closed");
  const auto until =
      netpoll::deadline_of(std::chrono::milliseconds(flags_.timeout_ms));
  auto answer = answers_.wait(caller, until);
  if (!answer) {
    answers_.lose("no answer in time");  // unless there was a reason before
    return false;
  }
  const auto sent = std::as_bytes(std::span(payload));
  if (std::ranges::equal(answer->bytes(), sent)) return true;
  answers_.lose("other bytes came back");
  return false;
}

std::size_t Client::call_all(std::size_t caller) {
  for (std::size_t i = 0; i < flags_.requests; ++i) {
    const std::size_t id = caller * flags_.requests + i;
    if (!call(caller, static_cast<std::uint32_t>(id))) return i;
  }
  return flags_.requests;
}

// Reads answers until the connection ends.
void Client::read_answers() {
  netpoll::Input& in = conn_.reader();
  for (;;) {
    const auto bytes = in.next(kFrameHeaderSize);
    if (!bytes) return answers_.lose(bytes.error().message());
    const auto header =
        netpoll::programs::decode(bytes->first<kFrameHeaderSize>());
    in.release();
    if (header.length != flags_.bytes) {
      return answers_.lose("an answer of " + std::to_string(header.length) +
                           " bytes");
    }
    auto payload = in.slice(header.length);
    if (!payload) return answers_.lose(payload.error().message());
    if (!answers_.deliver(header.id / flags_.requests,
                          {header.id, *std::move(payload)})) {
      return answers_.lose("an answer that nobody waits for");
    }
  }
}

// Runs a thread for each caller; returns when all have ended. `right` gets how
// many answers of each were right.
void Client::run_callers(std::vector<std::size_t>& right) {
  std::vector<std::jthread> callers;
  callers.reserve(right.size());
  try {
    while (callers.size() < right.size()) {
      callers.emplace_back([this, &right, caller = callers.size()] {
        right[caller] = call_all(caller);
      });
    }
  } catch (const std::system_error& error) {
    const std::size_t left = right.size() - callers.size();
    fail_with("no thread for " + std::to_string(left) + " callers",
              error.code().message());
  }
}

std::size_t Client::run() {
  std::jthread reader([this] { read_answers(); });
  std::vector<std::size_t> right(flags_.callers, 0);
  run_callers(right);
  why_ = answers_.lost();
  conn_.close();  // ends the reader
  return std::accumulate(right.begin(), right.end(), std::size_t{0});
}

int run(const Flags& flags) {
  auto runtime = netpoll::Runtime::start();
  if (!runtime) return fail_with("cannot start", runtime.error().message());
  auto server = netpoll::dial(**runtime, flags.where.network, flags.where.addr,
                              std::chrono::milliseconds(flags.timeout_ms));
  if (!server) return fail_with(flags.where.addr, server.error().message());
  Client client(**runtime, **server, flags);
  const std::size_t right = client.run();
  const std::size_t failed = flags.callers * flags.requests - right;
  if (!client.why().empty()) fail_with(flags.where.addr, client.why());
  std::printf("%zu answered, %zu failed\n", right, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Sends requests from many threads on one connection to a mux_server, and "
      "compares the answers.",
      kName);
  netpoll::programs::add_where(app, flags.where);
  app.get_option("--addr")->required();
  app.add_option("--callers", flags.callers, "threads that send and wait")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--requests", flags.requests,
                 "of each caller, one after the other")
      ->check(CLI::Range(1, 400'000))
      ->capture_default_str();
  app.add_option("--bytes", flags.bytes, "in each request")
      ->check(CLI::Range(0, 64 * 1024 * 1024))
      ->capture_default_str();
  app.add_option("--timeout-ms", flags.timeout_ms,
                 "for connecting, and for each answer; 0: none")
      ->capture_default_str();
  if (const int status =
          netpoll::programs::prepare(app, argc, argv, flags.where);
      status >= 0) {
    return status;
  }
  return run(flags);
}
