// SPDX-License-Identifier: Apache-2.0
//
// shard: a server that sends three packets to its client through a ShardQueue,
// for the scenario shard-queue. It serves one client, until it is killed.

#include <cstdio>
#include <latch>
#include <memory>
#include <string>

#include "netpoll/netpoll.h"

namespace {

using netpoll::Connection;
using netpoll::LinkBuffer;

std::unique_ptr<netpoll::Runtime> runtime;
std::unique_ptr<netpoll::ShardQueue> queue;
std::latch a_is_ready(1);

// Until the recorder writes a byte to standard input.
void wait_for_go() {
  static_cast<void>(std::getchar());
}

void make_queue(Connection& conn) {
  queue = std::make_unique<netpoll::ShardQueue>(*runtime, conn, 1);
}

// Packet a takes a while.
void slow_packet() {
  a_is_ready.wait();
}

// Writes one packet, on the thread of the queue's consumer.
void write_packet(const std::string& text, LinkBuffer& packets) {
  if (text == "a") slow_packet();
  packets.write_string(text);
}

// Any thread may add a packet, many at the same time.
void add_packet(const std::string& text) {
  const bool added =
      queue->add([text](LinkBuffer& packets) { write_packet(text, packets); });
  if (!added) std::puts("the connection has failed");
}

void add_all() {
  wait_for_go();
  add_packet("a");
  wait_for_go();
  add_packet("b");
  add_packet("c");
  wait_for_go();
  a_is_ready.count_down();
}

}  // namespace

int main() {
  auto started = netpoll::Runtime::start({.pollers = 1});
  auto listener = netpoll::Listener::listen("tcp", "127.0.0.1:0");
  if (!started || !listener) return 1;
  runtime = *std::move(started);
  std::printf("listening on %s\n", listener->address().to_string().c_str());
  std::fflush(stdout);
  netpoll::EventLoop loop(*runtime, {.on_prepare = make_queue});
  if (loop.start(*std::move(listener))) return 1;
  add_all();
  wait_for_go();
  return 0;
}
