// SPDX-License-Identifier: Apache-2.0
//
// 64 packets go out on one connection. How many system calls does that take?
//
//    lock                64 threads; each locks, writes a packet and flushes
//    queue, one by one   a packet is added when the one before has arrived
//    queue, together     64 threads add a packet each while a round is busy

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "netpoll/client/dialer.h"
#include "netpoll/mux/shard_queue.h"

namespace {

using netpoll::Connection;
using netpoll::Runtime;
using netpoll::ShardQueue;

constexpr int kPackets = 64;
std::atomic<int> g_sends{0};

const auto write_packet = [](auto& to) { to.write_string("packet"); };

void by_lock(Runtime&, Connection& conn, int) {
  std::mutex mutex;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kPackets; ++i) {
    threads.emplace_back([&] {
      const std::lock_guard lock(mutex);
      write_packet(conn.writer());
      static_cast<void>(conn.writer().flush());
    });
  }
}

void one_by_one(Runtime& runtime, Connection& conn, int far) {
  ShardQueue queue(runtime, conn, 4);
  std::array<char, 6> packet{};
  for (int i = 0; i < kPackets; ++i) {
    static_cast<void>(queue.add(write_packet));
    ::recv(far, packet.data(), packet.size(), MSG_WAITALL);
  }
}

void together(Runtime& runtime, Connection& conn, int) {
  std::latch added(1);
  ShardQueue queue(runtime, conn, 4);
  const auto add = [&] { static_cast<void>(queue.add(write_packet)); };
  static_cast<void>(
      queue.add([&](netpoll::LinkBuffer&) {  // the round is busy with this
        std::vector<std::jthread> threads;
        for (int i = 0; i < kPackets; ++i)
          threads.emplace_back(add);
        threads.clear();  // waits for all of them
        added.count_down();
      }));
  added.wait();
}

int sends_of(void (*way)(Runtime&, Connection&, int)) {
  auto runtime = *Runtime::start({.pollers = 1});
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return -1;
  const netpoll::UniqueFd far(ends[1]);
  auto conn = *netpoll::adopt(*runtime, netpoll::UniqueFd(ends[0]));
  g_sends = 0;
  way(*runtime, *conn, far.get());
  return g_sends;
}

}  // namespace

// Used by the library instead of the system's: they count, then call the kernel.
extern "C" ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  ++g_sends;
  return ::syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
}

extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  ++g_sends;
  return ::syscall(SYS_sendmsg, fd, message, flags);
}

int main() {
  std::puts("64 packets          system calls");
  std::printf("lock                %12d\n", sends_of(by_lock));
  std::printf("queue, one by one   %12d\n", sends_of(one_by_one));
  std::printf("queue, together     %12d\n", sends_of(together));
}
