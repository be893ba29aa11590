// SPDX-License-Identifier: Apache-2.0
//
// shard: a server that answers each connection through a ShardQueue, for the
// scenario shard-queue. It serves one client, until it is killed.

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "netpoll/netpoll.h"

namespace {

using netpoll::Connection;
using netpoll::LinkBuffer;

std::unique_ptr<netpoll::Runtime> runtime;
std::unique_ptr<netpoll::ShardQueue> queue;

// Until the recorder writes a byte to standard input.
void slow_packet() {
  static_cast<void>(std::getchar());
}

// Writes one packet, on the thread of the queue's consumer.
void write_packet(const std::string& text, LinkBuffer& packets) {
  if (text == "a") slow_packet();
  packets.write_string(text);
}

void make_queue(Connection& conn) {
  queue = std::make_unique<netpoll::ShardQueue>(*runtime, conn, 1);
}

// Any thread may add a packet; here the handler does.
void add_packet(Connection& conn) {
  auto text = conn.reader().read_string(conn.reader().size());
  if (!text) return conn.close();
  const bool added = queue->add(
      [text = *text](LinkBuffer& packets) { write_packet(text, packets); });
  if (!added) conn.close();
}

}  // namespace

int main() {
  auto started = netpoll::Runtime::start({.pollers = 1});
  auto listener = netpoll::Listener::listen("tcp", "127.0.0.1:0");
  if (!started || !listener) return 1;
  runtime = *std::move(started);
  std::printf("listening on %s\n", listener->address().to_string().c_str());
  std::fflush(stdout);
  netpoll::EventLoop loop(*runtime,
                          {.on_prepare = make_queue, .on_request = add_packet});
  if (loop.start(*std::move(listener))) return 1;
  netpoll::os::EndSignals().wait();
  return 0;
}
