// SPDX-License-Identifier: Apache-2.0
//
// Step 1: non-blocking sockets, and a loop that asks each of them again and
// again. 100 clients are connected. In every 100th round one of them sends a
// request; in the other rounds nobody does.

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "pair.h"

namespace {

constexpr int kClients = 100;
constexpr int kRounds = 1000;

struct Counts {
  int calls = 0;
  int empty = 0;  // of these: EAGAIN
  int echoed = 0;
};

// One visit of the server to one of its sockets.
void visit(int fd, Counts& counts) {
  std::array<char, 64> room;
  const ssize_t n = ::recv(fd, room.data(), room.size(), 0);
  ++counts.calls;
  if (n < 0 && errno == EAGAIN) {
    ++counts.empty;
  } else if (n > 0) {
    const auto size = static_cast<std::size_t>(n);
    counts.echoed += ::send(fd, room.data(), size, MSG_NOSIGNAL) == n;
  }
}

}  // namespace

int main() {
  std::vector<Pair> pairs;
  for (int i = 0; i < kClients; ++i)
    pairs.push_back(connected_pair());
  Counts counts;
  for (int round = 0; round < kRounds; ++round) {
    if (round % 100 == 0) {
      const int who = round / 100 * 7;
      send_text(pairs[static_cast<std::size_t>(who)].client, "hello");
    }
    for (const Pair& pair : pairs)
      visit(pair.server.get(), counts);
  }
  std::printf("recv was called    %6d times\n", counts.calls);
  std::printf("it said EAGAIN     %6d times\n", counts.empty);
  std::printf("requests echoed    %6d\n", counts.echoed);
}
