// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys of one connection: who closed it, who handles it, who flushes it.
//
//  closing     none --try_close(user)--> user
//                   --try_close(peer)--> peer --fail()--> error
//                   --try_close(error)--------------------^
//  processing  free <==try_process / stop_processing==> taken
//              The holder runs the handler, or tears the connection down; in
//              the latter case the key is kept for ever.
//  flushing    idle <==try_flush / end_flush==> busy
//              idle --stop_flushing--> stopped, for ever
//
// Whoever lets `processing` go must look again for input and for a close, and
// whoever brings either of them must try the key afterwards. Both do so by an
// exchange on the same word, so one of the two always sees the other:
//
//    worker                          poller
//    stop_processing()               input arrives
//    look for input                  try_process()
//
// A template, so that a test can try every interleaving of its moves; see
// base/sync.h and tests/connection/key_chain_model_test.cpp.
//
// Unlike upstream: named moves, not an array of ints that mean three things
// each. Upstream: connection_lock.go:47 (locker).

#include <atomic>
#include <cassert>
#include <cstdint>

#include "netpoll/base/sync.h"

namespace netpoll {

/// Who ended a connection. Upstream: who, connection_lock.go:21.
enum class ClosedBy : std::uint8_t {
  none,
  user,   // close() was called here
  peer,   // the peer has finished sending; it may still be listening
  error,  // the socket failed, or both directions are closed
};

template <class Sync = StdSync>
class KeyChain {
 public:
  KeyChain() = default;
  KeyChain(const KeyChain&) = delete;
  KeyChain& operator=(const KeyChain&) = delete;

  /// Closes, unless it is closed already; true for the first. [any]
  bool try_close(ClosedBy by);
  /// The socket of a connection that the peer closed has failed as well. [any]
  void fail();
  /// Who closed it. What the closer did before is visible. [any]
  ClosedBy closed_by() const;
  bool is_active() const { return closed_by() == ClosedBy::none; }

  /// Takes the key to the handler; true when it was free. [any]
  bool try_process();
  /// Gives it back. The caller looks again for input and for a close. [holder]
  void stop_processing();
  /// Gives it back, or keeps it: for ever, having had `owner` torn down, or,
  /// with true, because `owner` has a request to handle. `owner` says so by
  /// ready_to_tear_down(), has_request() and tear_down(). [holder]
  template <class Owner>
  bool let_go(Owner& owner);
  /// Somebody holds the key. A guess, unless you are the holder. [any]
  bool is_processing() const;

  enum class Flush : std::uint8_t { idle, busy, stopped };
  /// Takes the key to the output and returns idle; else what it is. [any]
  Flush try_flush();
  /// Gives it back. [holder]
  void end_flush();
  /// Waits until nobody flushes, and lets nobody flush again. A second call
  /// does nothing. Requires: the connection is closed, and a flush under way
  /// has been woken. [any]
  void stop_flushing();

 private:
  template <class T>
  using Atomic = typename Sync::template Atomic<T>;

  Atomic<ClosedBy> closing_{ClosedBy::none};
  Atomic<bool> processing_{false};
  Atomic<Flush> flushing_{Flush::idle};
};

template <class Sync>
bool KeyChain<Sync>::try_close(ClosedBy by) {
  assert(by != ClosedBy::none);
  ClosedBy expected = ClosedBy::none;
  // release: pairs with the acquire in closed_by(); input that was committed
  // before the close is visible to whoever sees the close. No acquire: the
  // first reads `none`, which nobody stored, and others ask closed_by().
  return closing_.compare_exchange_strong(
      expected, by, std::memory_order_release, std::memory_order_relaxed);
}

template <class Sync>
void KeyChain<Sync>::fail() {
  ClosedBy expected = ClosedBy::peer;
  // As in try_close(); what the peer's close released goes through an exchange
  // to closed_by() by itself. Nothing else follows `peer`, so a failure means
  // that it was closed by the user, or has failed before.
  closing_.compare_exchange_strong(expected, ClosedBy::error,
                                   std::memory_order_release,
                                   std::memory_order_relaxed);
}

template <class Sync>
ClosedBy KeyChain<Sync>::closed_by() const {
  // acquire: pairs with the release in try_close() and fail().
  return closing_.load(std::memory_order_acquire);
}

template <class Sync>
bool KeyChain<Sync>::try_process() {
  // An exchange even when it is taken: only a write is sure to be read by the
  // exchange in stop_processing(), whose look-again then sees what we brought.
  // acq_rel: pairs with itself and with stop_processing(), both ways.
  return !processing_.exchange(true, std::memory_order_acq_rel);
}

template <class Sync>
void KeyChain<Sync>::stop_processing() {
  // acq_rel: pairs with try_process(), both ways. The acquire half takes in
  // what those brought that found the key taken.
  [[maybe_unused]] const bool was =
      processing_.exchange(false, std::memory_order_acq_rel);
  assert(was);
}

template <class Sync>
template <class Owner>
bool KeyChain<Sync>::let_go(Owner& owner) {
  for (;;) {
    // Who closed first, input second: all input came before the peer's close,
    // and what came is handled before the end.
    const bool ending = owner.ready_to_tear_down();
    if (owner.has_request()) return true;
    if (ending) {
      owner.tear_down();
      return false;
    }
    stop_processing();
    // Look again: who came between the look and the key found it taken.
    if (!owner.ready_to_tear_down() && !owner.has_request()) return false;
    if (!try_process()) return false;
  }
}

template <class Sync>
bool KeyChain<Sync>::is_processing() const {
  // relaxed: nothing is read through it; the holder knows his own exchange.
  return processing_.load(std::memory_order_relaxed);
}

template <class Sync>
auto KeyChain<Sync>::try_flush() -> Flush {
  Flush expected = Flush::idle;
  // acquire: pairs with the release in end_flush(), so that this flusher sees
  // the output as the last one left it.
  flushing_.compare_exchange_strong(expected, Flush::busy,
                                    std::memory_order_acquire,
                                    std::memory_order_relaxed);
  return expected;
}

template <class Sync>
void KeyChain<Sync>::end_flush() {
  assert(flushing_.load(std::memory_order_relaxed) == Flush::busy);
  // release: pairs with the acquire in try_flush() and in stop_flushing().
  flushing_.store(Flush::idle, std::memory_order_release);
}

template <class Sync>
void KeyChain<Sync>::stop_flushing() {
  assert(!is_active());
  Flush expected = Flush::idle;
  // acquire: pairs with the release in end_flush(), also by way of another
  // stop_flushing(), which passes it on.
  while (!flushing_.compare_exchange_weak(expected, Flush::stopped,
                                          std::memory_order_acquire,
                                          std::memory_order_acquire)) {
    if (expected == Flush::stopped) return;
    expected = Flush::idle;
    Sync::yield();
  }
}

extern template class KeyChain<StdSync>;  // key_chain.cpp

}  // namespace netpoll
