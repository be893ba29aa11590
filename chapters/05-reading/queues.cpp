// SPDX-License-Identifier: Apache-2.0
//
// Four queues of bytes, one script: a peer sends 1460 bytes at a time, a reader
// takes frames of 1000 and lets go of them at the end of a round; in one round
// of 16 it is late. Counted, not timed:
//
//   copied  bytes that were copied once more after the socket had filled them
//   areas   pieces of memory for bytes that were asked for
//   dead    frames whose memory was freed while the reader still looked at them
//   kept    bytes of memory that are held when everything is read

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "naive_queues.h"
#include "netpoll/base/bytes.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/mcache/mcache.h"

namespace {

// The library's queue, filled as a poller fills it.
struct Blocks : Counts {
  netpoll::LinkBuffer buffer;

  // Each call takes one area from the pool, or none.
  template <class Call>
  auto counted(Call call) {
    const std::size_t before = netpoll::mcache::stats().in_use_bytes;
    const auto result = call();
    if (netpoll::mcache::stats().in_use_bytes > before) ++areas;
    return result;
  }

  void write(Bytes bytes) {
    while (!bytes.empty()) {
      const auto room = counted([&] { return buffer.book(8192, 8192); });
      const Bytes part = bytes.first(std::min(bytes.size(), room.size()));
      netpoll::copy_bytes(part, room);  // what recv() does in a server
      buffer.book_ack(part.size());
      bytes = bytes.subspan(part.size());
    }
  }
  std::size_t size() const { return buffer.size(); }
  Bytes read(std::size_t n) {
    std::array<Bytes, 1> first;
    buffer.gather(first);
    const auto view = counted([&] { return buffer.next(n); });
    if (view->data() != first[0].data()) copied += n;
    return *view;
  }
  void release() {
    buffer.release();
    kept = netpoll::mcache::stats().in_use_bytes;
  }
};

template <class Queue>
void run(const char* name) {
  Queue queue;
  std::uint64_t sent = 0;
  std::uint64_t seen = 0;
  const auto arrive = [&] {
    std::array<std::byte, 1460> bytes;
    for (std::byte& byte : bytes)
      byte = static_cast<std::byte>(sent++ % 251);
    queue.write(bytes);
  };
  const auto take = [&](std::size_t frame) {
    while (queue.size() >= frame && queue.size() > 0) {
      for (const std::byte byte : queue.read(frame))
        if (byte != static_cast<std::byte>(seen++ % 251)) std::abort();
    }
  };
  for (int round = 1; round <= 512; ++round) {
    for (int i = round % 16 == 0 ? 16 : 1; i > 0; --i)
      arrive();
    take(1000);
    arrive();  // while the reader still looks at its frames
    take(1000);
    queue.release();
  }
  take(queue.size());
  queue.release();
  std::printf("%-8s%9zu%7zu%7zu%8zu\n", name, queue.copied, queue.areas,
              queue.dead, queue.kept);
}

}  // namespace

int main() {
  std::puts("           copied  areas   dead    kept");
  run<Vector>("vector");
  run<Deque>("deque");
  run<Ring>("ring");
  run<Blocks>("blocks");
}
