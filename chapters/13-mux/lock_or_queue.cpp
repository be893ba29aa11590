// SPDX-License-Identifier: Apache-2.0
//
// The peer reads nothing, and the socket is full. Eight threads have a packet
// for it. How many of them can go on with their work?
//
//    lock    each locks, writes its packet, and flushes
//    queue   each adds a getter

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/client/dialer.h"
#include "netpoll/mux/shard_queue.h"

namespace {

using netpoll::Connection;
using netpoll::LinkBuffer;
using netpoll::ShardQueue;

constexpr int kThreads = 8;
// More than a socket takes: the flush of the first packet waits for the peer.
const std::string kLarge(4 << 20, 'x');

class WithLock {
 public:
  WithLock(netpoll::Runtime&, Connection& conn) : conn_(conn) {}
  void send() {
    const std::lock_guard lock(mutex_);
    conn_.writer().write_string(kLarge);
    static_cast<void>(conn_.writer().flush());
  }

 private:
  std::mutex mutex_;
  Connection& conn_;
};

class WithQueue {
 public:
  WithQueue(netpoll::Runtime& runtime, Connection& conn)
      : queue_(runtime, conn, 4) {}
  void send() {
    static_cast<void>(
        queue_.add([](LinkBuffer& packets) { packets.write_string(kLarge); }));
  }

 private:
  ShardQueue queue_;
};

// How many threads have returned from send() after a while.
template <class Way>
int count_free() {
  auto runtime = *netpoll::Runtime::start({.pollers = 1});
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return -1;
  netpoll::UniqueFd far(ends[1]);
  auto conn = *netpoll::adopt(*runtime, netpoll::UniqueFd(ends[0]));
  Way way(*runtime, *conn);
  std::atomic<int> free{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      way.send();
      ++free;
    });
  }
  for (int i = 0; i < 100 && free < kThreads; ++i)  // a second at most
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const int counted = free;
  far.reset();  // the connection fails, so each flush returns
  return counted;
}

}  // namespace

int main() {
  std::printf("lock    %d of %d threads go on\n", count_free<WithLock>(),
              kThreads);
  std::printf("queue   %d of %d threads go on\n", count_free<WithQueue>(),
              kThreads);
}
