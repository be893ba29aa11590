// SPDX-License-Identifier: Apache-2.0
//
// The packets 1 to 8 are added to a queue of four shards, one call of add()
// each. In which order do they arrive? They are added inside a getter, so a
// round is under way, and each run shows the same. Then the same packets in one
// call of add().

#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <latch>
#include <string>
#include <string_view>
#include <vector>

#include "netpoll/client/dialer.h"
#include "netpoll/mux/shard_queue.h"

namespace {

using netpoll::LinkBuffer;
using netpoll::ShardQueue;
using Getters = std::vector<ShardQueue::Getter>;

constexpr std::size_t kShards = 4;

Getters numbers() {
  Getters getters;
  for (int i = 1; i <= 8; ++i) {
    getters.emplace_back([i](LinkBuffer& packets) {
      packets.write_string(" " + std::to_string(i));
    });
  }
  return getters;
}

void add_each(ShardQueue& queue) {
  for (ShardQueue::Getter& getter : numbers())
    static_cast<void>(queue.add(std::move(getter)));
}

void add_all(ShardQueue& queue) {
  Getters getters = numbers();
  static_cast<void>(queue.add(getters));
}

// What the far end reads when `add` has added to a queue that is busy.
std::string arrive(void (*add)(ShardQueue&)) {
  auto runtime = *netpoll::Runtime::start({.pollers = 1});
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return "";
  const netpoll::UniqueFd far(ends[1]);
  auto conn = *netpoll::adopt(*runtime, netpoll::UniqueFd(ends[0]));
  ShardQueue queue(*runtime, *conn, kShards);
  // This getter lies in shard 0, and adds while its round is under way.
  std::latch added(1);
  static_cast<void>(queue.add([&](LinkBuffer&) {
    add(queue);
    added.count_down();
  }));
  added.wait();
  if (queue.close()) return "";
  std::array<char, 64> text{};
  const ssize_t size = ::recv(far.get(), text.data(), text.size(), 0);
  return {text.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
}

}  // namespace

int main() {
  std::printf("eight calls  %s\n", arrive(add_each).c_str());
  std::printf("one call     %s\n", arrive(add_all).c_str());
}
