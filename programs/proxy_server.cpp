// SPDX-License-Identifier: Apache-2.0
//
// proxy_server: dials another server for each client that it accepts, and
// carries the bytes of both to each other, until SIGTERM or SIGINT. It then
// lets what moves go on; a second signal ends it at once.
//
// What a pair of connections does is in proxy_pair.h. Here you may change whom
// Proxy::dial_for() dials (one of several servers, or by the client's address)
// and what becomes of a client for whom there is no server.

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "alive.h"
#include "netpoll/netpoll.h"
#include "netpoll/os/signals.h"
#include "proxy_pair.h"
#include "server_flags.h"

namespace {

using netpoll::Connection;
using netpoll::Deadline;
using netpoll::Lock;
using netpoll::Ref;
using netpoll::programs::Pair;
using std::chrono::milliseconds;

constexpr milliseconds kDialTimeout{5000};
constexpr milliseconds kShutdown{30'000};
// A shutdown closes a pair on which no byte has moved for so long.
constexpr milliseconds kQuiet{2000};
// After so long without a byte TCP asks a peer whether it is still there.
constexpr std::chrono::seconds kKeepalive{60};
constexpr std::size_t kDialers = 256;  // threads that wait inside dial()
constexpr std::size_t kSenders = 64;   // threads that wait for slow peers

constexpr const char* kName = "proxy_server";

struct Flags {
  netpoll::programs::Where where;
  netpoll::programs::Where to;
  netpoll::programs::Threads threads;
  std::size_t max_input = 1024 * 1024;
};

class Proxy {
 public:
  Proxy(netpoll::Runtime& runtime, const Flags& flags)
      : runtime_(runtime),
        flags_(flags),
        options_{.keepalive = kKeepalive, .max_input = flags.max_input},
        senders_({.name = "sender", .cap = kSenders}),
        dialers_({.name = "dialer", .cap = kDialers}) {}

  const netpoll::ConnectionOptions& options() const { return options_; }
  /// on_connect of each client.
  void begin(Connection& client);
  /// Takes no more clients, lets the pairs come to rest, and closes them.
  /// Returns false when some had not come to rest after `limit`.
  bool drain(milliseconds limit);

 private:
  void dial_for(Pair& pair);
  void tell_failure(std::error_code error);

  netpoll::Runtime& runtime_;
  const Flags& flags_;
  const netpoll::ConnectionOptions options_;

  netpoll::programs::Alive<Pair> pairs_;

  netpoll::Mutex mutex_;
  // No line about a failed dial is written before next_line_.
  Deadline next_line_ NETPOLL_GUARDED_BY(mutex_) = Deadline::min();
  std::size_t untold_ NETPOLL_GUARDED_BY(mutex_) = 0;

  netpoll::GoPool senders_;
  netpoll::GoPool dialers_;  // destroyed first: its tasks use senders_
};

// dial() blocks, so a thread of its own pool calls it: never a poller, nor a
// worker that other connections need.
void Proxy::begin(Connection& client) {
  const bool handlers_flush = flags_.threads.runner != "inline";
  auto pair = netpoll::make_ref<Pair>(
      client, senders_, handlers_flush,
      [this](Pair& it) { static_cast<void>(pairs_.remove(it)); });
  if (!pairs_.add(pair)) return client.close();
  pair->begin();
  if (!dialers_.go([this, pair] { dial_for(*pair); })) pair->fail();
}

void Proxy::dial_for(Pair& pair) {
  if (pairs_.is_stopping() || pair.is_pointless()) return pair.fail();
  auto server = netpoll::dial(runtime_, flags_.to.network, flags_.to.addr,
                              {.timeout = kDialTimeout,
                               .handlers = pair.server_handlers(),
                               .options = options_});
  if (!server) {
    tell_failure(server.error());
    return pair.fail();
  }
  pair.join(*std::move(server));
  if (pairs_.is_stopping()) pair.close_when_quiet(kQuiet);
}

// Writes one line a second at most.
void Proxy::tell_failure(std::error_code error) {
  std::size_t untold = 0;
  {
    const Lock lock(mutex_);
    if (Deadline::clock::now() < next_line_) {
      ++untold_;
      return;
    }
    next_line_ = netpoll::deadline_after(std::chrono::seconds(1));
    untold = std::exchange(untold_, 0);
  }
  netpoll::programs::refuse(
      kName, "cannot reach " + flags_.to.addr,
      error.message() + (untold == 0 ? std::string()
                                     : "; " + std::to_string(untold) +
                                           " more since the last line"));
}

bool Proxy::drain(milliseconds limit) {
  pairs_.stop();
  for (const Ref<Pair>& pair : pairs_.all())
    pair->close_when_quiet(kQuiet);
  if (pairs_.wait_empty(netpoll::deadline_after(limit))) return true;
  for (const Ref<Pair>& pair : pairs_.all())
    pair->close_now();
  static_cast<void>(
      pairs_.wait_empty(netpoll::deadline_after(2 * kDialTimeout)));
  return false;
}

int run_server(const Flags& flags) {
  netpoll::os::EndSignals signals;  // before any thread is started
  auto open = netpoll::programs::open_server(kName, flags.where, flags.threads);
  if (!open) return open.error();
  Proxy proxy(*open->runtime, flags);
  netpoll::EventLoop loop(
      *open->runtime,
      {.on_connect = [&proxy](Connection& client) { proxy.begin(client); }},
      proxy.options());
  if (const int status = netpoll::programs::serve(kName, loop, *open);
      status >= 0) {
    return status;
  }

  signals.wait();
  // EventLoop::shutdown() alone would close a client that waits for the answer
  // of its server: it knows no request that is under way elsewhere.
  const bool rested = proxy.drain(kShutdown);
  static_cast<void>(loop.shutdown(kQuiet));
  return rested ? 0
                : netpoll::programs::refuse(kName, "shut down",
                                            "bytes were still moving");
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Carries the bytes of each client to a server and back, until SIGTERM or "
      "SIGINT.",
      kName);
  netpoll::programs::add_where(app, flags.where);
  app.add_option("--to-network", flags.to.network, "tcp or unix")
      ->check(CLI::IsMember({"tcp", "unix"}))
      ->capture_default_str();
  app.add_option("--to", flags.to.addr,
                 "the server: HOST:PORT, or the PATH of a unix socket")
      ->required();
  netpoll::programs::add_threads(app, flags.threads);
  app.add_option("--max-input", flags.max_input,
                 "bytes of one side that may wait for the other; 0: no limit")
      ->check(netpoll::programs::bytes_from(0))
      ->capture_default_str();
  if (const int status =
          netpoll::programs::prepare(app, argc, argv, flags.where);
      status >= 0) {
    return status;
  }
  if (const int status = netpoll::programs::check_addr(
          app, "--to", flags.to.network, flags.to.addr);
      status >= 0) {
    return status;
  }
  return run_server(flags);
}
