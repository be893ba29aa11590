// SPDX-License-Identifier: Apache-2.0
//
// mux_server: answers many requests on each connection, in any order, until
// SIGTERM or SIGINT. It then answers what it has taken; a second signal ends it
// at once.
//
// The frames are in mux_frame.h, and what becomes of a request is in
// mux_session.h: MuxSession::answer() is the function to put real work into.

#include <chrono>
#include <cstddef>
#include <utility>

#include "alive.h"
#include "mux_session.h"
#include "netpoll/netpoll.h"
#include "netpoll/os/signals.h"
#include "server_flags.h"

namespace {

using netpoll::Connection;
using netpoll::Ref;
using netpoll::programs::MuxSession;
using std::chrono::milliseconds;

constexpr milliseconds kShutdown{30'000};
// After so long without a byte TCP asks a peer whether it is still there.
constexpr std::chrono::seconds kKeepalive{60};
// Threads that work on requests.
constexpr std::size_t kTasks = 64;

constexpr const char* kName = "mux_server";

struct Flags {
  netpoll::programs::Where where;
  netpoll::programs::Threads threads;
  std::size_t max_frame = 1024 * 1024;
  unsigned work_us = 0;
  unsigned write_timeout_ms = 10'000;  // as long as mux_client waits
};

// All sessions, each until its connection is torn down.
class Sessions {
 public:
  Sessions(netpoll::Runtime& runtime, const Flags& flags)
      : runtime_(runtime),
        tasks_({.name = "task", .cap = kTasks}),
        server_{.runtime = runtime,
                .tasks = tasks_,
                .work = std::chrono::microseconds(flags.work_us),
                .max_frame = flags.max_frame} {}
  /// Works on all requests that were taken.
  ~Sessions() { tasks_.stop(netpoll::Stop::drain); }

  /// on_connect of each connection.
  void begin(Connection& conn);
  /// Ends all sessions. Returns false when some still wait for their peers
  /// after `limit`.
  bool drain(milliseconds limit);

 private:
  void end(MuxSession& session);

  netpoll::Runtime& runtime_;
  netpoll::GoPool tasks_;
  const MuxSession::Server server_;
  netpoll::programs::Alive<MuxSession> sessions_;
};

void Sessions::begin(Connection& conn) {
  const auto session = netpoll::make_ref<MuxSession>(server_, conn);
  if (!sessions_.add(session)) return conn.close();
  conn.add_close_callback(
      [this, it = session.get()](Connection&) { end(*it); });
  session->begin();
}

// A close callback. It may run inside a Getter, so a worker drops the Ref.
void Sessions::end(MuxSession& session) {
  netpoll::Task drop = [last = sessions_.remove(session)] {};
  static_cast<void>(runtime_.workers().go(std::move(drop)));
}

bool Sessions::drain(milliseconds limit) {
  sessions_.stop();
  for (const Ref<MuxSession>& session : sessions_.all())
    session->end();
  return sessions_.wait_empty(netpoll::deadline_after(limit));
}

int run_server(const Flags& flags) {
  netpoll::os::EndSignals signals;  // before any thread is started
  auto open = netpoll::programs::open_server(kName, flags.where, flags.threads);
  if (!open) return open.error();
  Sessions sessions(*open->runtime, flags);
  // A frame must fit into the input: on_request takes whole frames only.
  netpoll::EventLoop loop(
      *open->runtime,
      {.on_connect = [&sessions](Connection& conn) { sessions.begin(conn); }},
      {.write_timeout = milliseconds(flags.write_timeout_ms),
       .keepalive = kKeepalive,
       .max_input = flags.max_frame + 64 * 1024});
  if (const int status = netpoll::programs::serve(kName, loop, *open);
      status >= 0) {
    return status;
  }

  signals.wait();
  // EventLoop::shutdown() alone would close a connection whose requests are all
  // taken: it does not know that tasks still work on them.
  const bool answered = sessions.drain(kShutdown);
  static_cast<void>(loop.shutdown(milliseconds(2000)));
  return answered ? 0
                  : netpoll::programs::refuse(kName, "shut down",
                                              "answers were still unsent");
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Answers many requests on each connection, in any order, until SIGTERM "
      "or "
      "SIGINT. A request and its answer: u32 length of the payload, u32 id "
      "(both big-endian), payload.",
      kName);
  netpoll::programs::add_where(app, flags.where);
  netpoll::programs::add_threads(app, flags.threads);
  app.add_option("--max-frame", flags.max_frame,
                 "bytes of payload; a longer frame closes its connection")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{0xffff'ffff}))
      ->capture_default_str();
  app.add_option(
         "--work-us", flags.work_us,
         "microseconds that a request with an even id takes; an odd one "
         "overtakes it")
      ->check(CLI::Range(0, 60'000'000))
      ->capture_default_str();
  app.add_option("--write-timeout-ms", flags.write_timeout_ms,
                 "milliseconds in which a peer must take the answers that are "
                 "sent together, or it is closed: they keep a worker; 0: none")
      ->check(CLI::Range(0, 3'600'000))
      ->capture_default_str();
  if (const int status =
          netpoll::programs::prepare(app, argc, argv, flags.where);
      status >= 0) {
    return status;
  }
  return run_server(flags);
}
