// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of stale memory share. The pool's memory is dirty: a block
// holds what its last owner wrote. These tests leave blocks full of a secret
// free in the pool, and then show that a peer gets, and a handler sees, no byte
// that the present owner did not write. All text is below 0x80, the secret is
// not. A build with the pool's guard overwrites a free block with a byte of its
// own, which is no text either.

#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "netpoll/mcache/buffer.h"
#include "netpoll/mcache/guard.h"
#include "support/net.h"

namespace netpoll::test::stale {

inline constexpr std::byte kSecret{0xa5};
/// What a block that was full of the secret holds when it is taken again.
inline constexpr std::byte kStale =
    mcache::guard::kGuarded ? std::byte{0xdd} : kSecret;
inline constexpr int kSeeds = 20;

/// Leaves blocks of all sizes that a connection uses, full of the secret, where
/// each thread finds them.
inline void leave_secrets() {
  std::vector<mcache::Buffer> blocks;
  for (std::size_t size = 64; size <= 64 * 1024; size *= 2) {
    for (int i = 0; i < 16; ++i)
      std::ranges::fill(blocks.emplace_back(size).bytes(), kSecret);
  }
  blocks.clear();
  mcache::shrink_thread(0);
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_);
  }
  // Mostly small, now and then several blocks.
  std::size_t some() { return below(6) == 0 ? below(20000) : below(300); }
  std::string text(std::size_t n) {
    std::string letters(n, ' ');
    std::ranges::generate(
        letters, [this] { return static_cast<char>('a' + below(26)); });
    return letters;
  }

 private:
  std::mt19937 engine_;
};

/// The socket takes little at a time.
inline Pair small_pair() {
  Pair pair = socket_pair();
  const int bytes = 4096;
  ::setsockopt(pair.near.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  return pair;
}

}  // namespace netpoll::test::stale
