// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many bytes the reader sleeps for, so that only these wake it.
//
//    reader                         poller
//    ask(n)                         input arrives
//    look for input                 asked(): is it enough? then wake
//
// Both write the word, even the poller, who changes nothing: so whichever comes
// second reads what the other wrote, and sees what he did before. A load in
// place of either would let both miss each other, and the reader sleep on.
//
// A template, so that a test can try every interleaving of the two; see
// base/sync.h and tests/connection/input_model_test.cpp.
// Upstream: connection.waitReadSize, connection_impl.go:46.

#include <atomic>
#include <cstddef>

#include "netpoll/base/sync.h"

namespace netpoll {

template <class Sync = StdSync>
class Wanted {
 public:
  /// Says that the reader needs `n` bytes, and looks before it sleeps.
  /// [reader]
  void ask(std::size_t n) {
    // acquire: pairs with the release in asked(). If that came first, the input
    // before it is seen by the look that follows.
    bytes_.exchange(n, std::memory_order_acquire);
  }
  /// The reader is awake. [reader]
  void withdraw() {
    // relaxed, but an exchange: a plain store would end what asked() released,
    // and the next ask() would not pair with it.
    bytes_.exchange(0, std::memory_order_relaxed);
  }
  /// What the reader sleeps for; 0: it is awake. To be called after input was
  /// brought. [poller]
  std::size_t asked() {
    // release: pairs with the acquire in ask(); a write, though of nothing.
    return bytes_.fetch_add(0, std::memory_order_release);
  }
  /// The same, only to look. [poller]
  std::size_t peek() const {
    // relaxed: the caller has met the reader in Throttle, or will.
    return bytes_.load(std::memory_order_relaxed);
  }

 private:
  typename Sync::template Atomic<std::size_t> bytes_{0};
};

}  // namespace netpoll
