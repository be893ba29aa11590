// SPDX-License-Identifier: Apache-2.0
//
// scenes NAME [PATH | slow]: a server with one short handler, for the scenario of
// that name in diagrams/scenarios/. It listens on a free port, or on a unix
// socket, and serves until SIGTERM. With `slow` the handler of the echo takes a
// while.

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "netpoll/netpoll.h"

namespace {

using netpoll::Connection;
using std::chrono::milliseconds;

// Work that takes a while, say a query to a database. Here it takes until the
// recorder writes a byte to standard input.
void slow_work() {
  static_cast<void>(std::getchar());
}

bool g_slow = false;

// half-packet: each request has six bytes, however many arrive at a time.
void fixed_size(Connection& conn) {
  const auto request = conn.reader().next(6);
  if (!request) return conn.close();
  conn.writer().write_binary(*request);
  conn.reader().release();
  if (conn.writer().flush()) conn.close();
}

// echo: an answer of two pieces, a head that is written here and the request
// itself, which is not copied.
void two_pieces(Connection& conn) {
  const std::size_t size = conn.reader().size();
  auto request = conn.reader().slice(size);
  if (!request) return conn.close();
  if (g_slow) slow_work();
  conn.writer().write_string("you said: ");
  conn.writer().append(*std::move(request));
  if (conn.writer().flush()) conn.close();
}

// partial-write, write-timeout: more than the send buffer can hold.
void much(Connection& conn) {
  if (conn.reader().skip(conn.reader().size())) return conn.close();
  conn.writer().write_string(std::string(80'000, 'x'));
  if (conn.writer().flush()) conn.close();
}

// peer-closes, back-pressure: one line at a time, and no answer.
void slow_line(Connection& conn) {
  const auto line = conn.reader().until('\n');
  if (!line) return conn.close();
  slow_work();
  conn.reader().release();
}

// half-close, graceful-shutdown: the answer takes a while.
void slow_echo(Connection& conn) {
  const auto request = conn.reader().next(conn.reader().size());
  if (!request) return conn.close();
  slow_work();
  conn.writer().write_binary(*request);
  conn.reader().release();
  if (conn.writer().flush()) conn.close();
}

// handler-closes: one answer, and that was it.
void answer_and_close(Connection& conn) {
  if (conn.reader().skip(conn.reader().size())) return conn.close();
  conn.writer().write_string("bye\n");
  static_cast<void>(conn.writer().flush());
  conn.close();
}

// handler-throws
void throwing(Connection& conn) {
  static_cast<void>(conn.reader().skip(conn.reader().size()));
  throw std::runtime_error("cannot handle this");
}

// on-connect-first: the server speaks first.
void greet_first(Connection& conn) {
  conn.writer().write_string("hello\n");
  if (conn.writer().flush()) conn.close();
}

// on_disconnect, where a scenario wants to see it.
void note_end(Connection&) {}

// stale-event: `q` closes the connection on which `m` has come; `w` takes long.
void close_other(Connection& conn) {
  static Connection* other = nullptr;
  const auto line = conn.reader().read_string(conn.reader().size());
  if (line && line->starts_with('w')) slow_work();
  if (line && line->starts_with('q') && other != nullptr) other->close();
  if (line && line->starts_with('m')) other = &conn;
}

// two-connections: a request that begins with `w` takes a while.
void slow_if_asked(Connection& conn) {
  const auto line = conn.reader().until('\n');
  if (!line) return conn.close();
  if (line->front() == std::byte{'w'}) slow_work();
  conn.writer().write_binary(*line);
  conn.reader().release();
  if (conn.writer().flush()) conn.close();
}

void small_send_buffer(Connection& conn) {
  const int bytes = 32 * 1024;
  ::setsockopt(conn.fd(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

struct Scene {
  netpoll::Handlers handlers;
  netpoll::ConnectionOptions options = {};
  netpoll::RunBy runner = netpoll::RunBy::pool;
  std::size_t pollers = 1;
  bool starts_late = false;  // clients may connect before start()
  rlim_t descriptors = 0;    // how many more the process may open; 0: enough
};

const std::map<std::string_view, Scene> kScenes = {
    {"half-packet", {{.on_request = fixed_size}}},
    {"echo", {{.on_request = two_pieces}}},
    {"partial-write", {{.on_prepare = small_send_buffer, .on_request = much}}},
    {"peer-closes", {{.on_request = slow_line, .on_disconnect = note_end}}},
    {"two-connections", {{.on_request = slow_if_asked}}},
    {"handler-closes", {{.on_request = answer_and_close}}},
    {"handler-throws", {{.on_request = throwing}}},
    {"half-close", {{.on_request = slow_echo, .on_disconnect = note_end}}},
    {"on-connect-first",
     {{.on_connect = greet_first, .on_request = fixed_size}}},
    {"accept-burst",
     {.handlers = {.on_request = fixed_size}, .starts_late = true}},
    {"graceful-shutdown", {{.on_request = slow_echo}}},
    {"write-timeout",
     {{.on_prepare = small_send_buffer, .on_request = much},
      {.write_timeout = milliseconds(50), .linger = milliseconds(0)}}},
    {"back-pressure", {{.on_request = slow_line}, {.max_input = 8}}},
    {"two-pollers", {.handlers = {.on_request = fixed_size}, .pollers = 2}},
    {"adaptive",
     {.handlers = {.on_request = fixed_size},
      .runner = netpoll::RunBy::adaptive}},
    {"emfile", {.handlers = {.on_request = fixed_size}, .descriptors = 1}},
    {"stale-event",
     {.handlers = {.on_request = close_other},
      .runner = netpoll::RunBy::inline_on_poller}},
};

// Leaves the process so many free descriptors.
void limit_descriptors(rlim_t count) {
  const int next = ::dup(0);
  ::close(next);
  const rlim_t all = static_cast<rlim_t>(next) + count;
  const rlimit limit{all, all};
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const Scene& scene, const char* path) {
  netpoll::os::EndSignals signals;
  auto runtime = netpoll::Runtime::start(
      {.pollers = scene.pollers, .runner = scene.runner});
  if (!runtime) return 1;
  auto listener = path == nullptr
                      ? netpoll::Listener::listen("tcp", "127.0.0.1:0")
                      : netpoll::Listener::listen("unix", path);
  if (!listener) return 1;
  std::printf("listening on %s\n", listener->address().to_string().c_str());
  std::fflush(stdout);
  if (scene.starts_late) slow_work();
  const int spare = scene.descriptors > 0 ? ::dup(0) : -1;
  if (scene.descriptors > 0) limit_descriptors(scene.descriptors);
  netpoll::EventLoop loop(**runtime, scene.handlers, scene.options);
  if (loop.start(*std::move(listener))) return 1;
  if (spare >= 0) slow_work();
  if (spare >= 0) ::close(spare);
  signals.wait();
  return loop.shutdown(std::chrono::seconds(30)) ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto scene = argc > 1 ? kScenes.find(argv[1]) : kScenes.end();
  if (scene == kScenes.end()) {
    std::fprintf(stderr, "usage: scenes NAME [PATH | slow]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  g_slow = argc > 2 && argv[2] == std::string_view("slow");
  return serve(scene->second, argc > 2 && !g_slow ? argv[2] : nullptr);
}
