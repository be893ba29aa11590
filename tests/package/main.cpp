// SPDX-License-Identifier: Apache-2.0
//
// Uses each part of the package: a server, a client, LinkBuffer, ShardQueue,
// detach, a close callback. Ends with the number of the step that failed.
#include <netpoll/netpoll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "examples.h"
#include "os/socket.h"
#include "server/listener.h"

namespace {

using netpoll::Connection;
using netpoll::DialedConnection;
using netpoll::EventLoop;
using netpoll::Listener;
using netpoll::Result;
using netpoll::Runtime;

// Names that a package likes to take away.
struct Names {
  void RELEASE(int by) { GUARDED_BY(number) += by; }
  int ACQUIRE() const { return GUARDED_BY(number); }
  int GUARDED_BY(number) = 0;
};

bool own_names_work() {
  Names names;
  names.RELEASE(consumer::OwnMutex().number + consumer::OwnSocket().number);
  names.RELEASE(consumer::OwnListener().number);
  return names.ACQUIRE() == 3;
}

bool buffer_works() {
  netpoll::LinkBuffer buffer;
  buffer.write_string("hello");
  if (buffer.flush()) return false;
  const auto text = buffer.read_string(5);
  return text && *text == "hello";
}

// A server with `handlers`, and one client of it.
struct Pair {
  Pair(Runtime& runtime, netpoll::Handlers handlers)
      : loop(runtime, std::move(handlers)) {
    auto listener = Listener::listen("tcp", "127.0.0.1:0");
    if (!listener) return;
    const std::string address = listener->address().to_string();
    if (loop.start(*std::move(listener))) return;
    client = netpoll::dial(runtime, "tcp", address, std::chrono::seconds(10));
  }
  bool end() { return !loop.shutdown(std::chrono::seconds(10)); }

  EventLoop loop;
  Result<DialedConnection> client = netpoll::fail(netpoll::Errc::conn_closed);
};

bool ask(Connection& conn, std::string_view question, std::string_view answer) {
  conn.writer().write_string(question);
  if (conn.writer().flush()) return false;
  const auto text = conn.reader().read_string(answer.size());
  return text && *text == answer;
}

bool each_connection_has_its_state(Runtime& runtime) {
  Pair pair(runtime, consumer::counting());
  return pair.client && ask(**pair.client, "a", "1\n") &&
         ask(**pair.client, "b", "2\n") && pair.end();
}

bool queue_works(Runtime& runtime) {
  Pair pair(runtime, consumer::counting());
  if (!pair.client) return false;
  netpoll::ShardQueue queue(runtime, **pair.client);
  const bool added = queue.add(
      [](netpoll::LinkBuffer& packets) { packets.write_string("packet"); });
  if (!added || queue.close() || queue.dropped() != 0) return false;
  const auto text = (*pair.client)->reader().read_string(2);
  return text && *text == "1\n";
}

bool end_is_told(Runtime& runtime) {
  std::atomic<int> ended{0};
  netpoll::Handlers handlers = consumer::watched(ended);
  handlers.on_connect = consumer::counting().on_connect;
  Pair pair(runtime, std::move(handlers));
  if (!pair.client || !ask(**pair.client, "a", "1\n")) return false;
  (*pair.client)->close();
  return pair.end() && ended == 1;
}

bool detach_works(Runtime& runtime) {
  Pair pair(runtime, consumer::counting());
  if (!pair.client) return false;
  const auto socket = (*pair.client)->detach();
  return socket && ::write(socket->get(), "x", 1) == 1;
}

int run() {
  if (!own_names_work()) return 1;
  if (!buffer_works()) return 2;
  auto runtime = Runtime::start({.pollers = 1});
  if (!runtime) return 3;
  if (!each_connection_has_its_state(**runtime)) return 4;
  if (!queue_works(**runtime)) return 5;
  if (!end_is_told(**runtime)) return 6;
  if (!detach_works(**runtime)) return 7;
  const auto later = consumer::served_later(**runtime);
  if (!later || *later != "later\n") return 8;
  return 0;
}

}  // namespace

int main() {
  const int step = run();
  if (step == 0) std::puts("served");
  return step;
}
