// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many bytes the reader sleeps for, so that the poller wakes the reader
// only when they are there.
//
//    reader                         poller
//    set(n)                         commits input
//    looks at the buffer            after_commit(): n bytes there? wake
//
// Both sides write the word; the poller writes the value it has read. So the
// side that comes second reads what the first wrote, and sees what the first
// did before. With a plain load on either side, each could miss the other, and
// the reader would sleep for ever.
//
// A template, so that a test can try every interleaving of the two sides; see
// netpoll/base/sync.h and tests/connection/input_model_test.cpp.
// Upstream: connection.waitReadSize, a field of connection
// (connection_impl.go:38).

#include <atomic>
#include <cstddef>

#include "netpoll/base/sync.h"

namespace netpoll {

template <class Sync>
class BasicWaitedBytes {
 public:
  /// Records that the reader needs `n` bytes. The reader looks at the buffer
  /// afterwards, and sleeps only if they are not there. [reader]
  void set(std::size_t n) {
    // acquire: pairs with the release in after_commit(). If after_commit() came
    // first, the reader's look sees the input that was committed before it.
    bytes_.exchange(n, std::memory_order_acquire);
  }
  /// Records that the reader waits for no bytes. [reader]
  void clear() {
    // relaxed, but an exchange: a plain store would end the release sequence of
    // after_commit(), and the next set() would not pair with it.
    bytes_.exchange(0, std::memory_order_relaxed);
  }
  /// Returns how many bytes the reader waits for; 0: it does not wait. To be
  /// called after input was committed. [poller]
  std::size_t after_commit() {
    // release: pairs with the acquire in set(): the reader sees the committed
    // input. Adding 0 is a write, which that acquire can read.
    return bytes_.fetch_add(0, std::memory_order_release);
  }

 private:
  typename Sync::template Atomic<std::size_t> bytes_{0};
};

/// The WaitedBytes of the library; a model test uses another Sync.
using WaitedBytes = BasicWaitedBytes<StdSync>;

}  // namespace netpoll
