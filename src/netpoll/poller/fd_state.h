// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a poller may enter an operator, and whether it is inside.
//
//    unused --begin--> watched <==enter / leave==> busy      poller thread
//       |                 |                         | detach, from inside
//       |                 |                         v
//       |                 |                      leaving / ending
//       |                 v                         | leave
//       +-- detach --> detached <-------------------+
//
// busy      the poller is inside one of the three on_… functions.
// leaving   it still is, and has detached this operator itself.
// ending    it still is, and has to finish a detach that another thread began.
// detached  it is not inside, and never will be again. detach() from another
//           thread waits for that; so it is safe, afterwards, to close the
//           descriptor and to free what the functions use.
//
// One word, and no one else's data: so a test can try every interleaving of its
// moves (tests/poller/fd_state_model_test.cpp). Upstream: fd_operator.go:65
// (do, done, inuse, unused).

#include <atomic>
#include <cassert>
#include <cstdint>

#include "netpoll/base/sync.h"

namespace netpoll {

enum class FdStage : std::uint8_t {
  unused,
  watched,
  busy,
  leaving,
  ending,
  detached
};

template <class Sync = StdSync>
class FdState {
 public:
  explicit FdState(FdStage stage = FdStage::unused) : stage_(stage) {}
  FdState(const FdState&) = delete;
  FdState& operator=(const FdState&) = delete;

  /// unused to watched. False when it was detached first, or begun before.
  /// What the caller wrote before is visible after enter(). [any]
  bool begin();
  /// watched to busy. False when detached: the event is stale. [poller]
  bool enter();
  /// busy to watched, leaving and ending to detached. True after ending: the
  /// poller finishes the detach. Requires: entered. [poller]
  [[nodiscard]] bool leave();
  /// To detached; waits for the poller to leave, and what it wrote inside is
  /// visible then. Or to leaving, if `inside`: the caller is the poller,
  /// perhaps inside this operator. [any]
  void detach(bool inside);
  /// As detach(), but never waits. False when the poller is inside: the stage is
  /// `ending` then, and leave() returns true. [any but inside]
  [[nodiscard]] bool detach_soon();

  /// Where it is now. A guess while others move it. [any]
  FdStage stage() const {
    // relaxed: nothing is read through it.
    return stage_.load(std::memory_order_relaxed);
  }

 private:
  typename Sync::template Atomic<FdStage> stage_;
};

template <class Sync>
bool FdState<Sync>::begin() {
  FdStage expected = FdStage::unused;
  // release: pairs with the acquire in enter(), so that the poller sees the
  // object as it was when it was added.
  return stage_.compare_exchange_strong(expected, FdStage::watched,
                                        std::memory_order_release,
                                        std::memory_order_relaxed);
}

template <class Sync>
bool FdState<Sync>::enter() {
  FdStage expected = FdStage::watched;
  // acquire: pairs with the release in begin() and in the last leave().
  return stage_.compare_exchange_strong(expected, FdStage::busy,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed);
}

template <class Sync>
bool FdState<Sync>::leave() {
  FdStage now = FdStage::busy;
  // release: pairs with the acquire in detach(); whoever detaches sees all
  // that the poller did inside.
  if (stage_.compare_exchange_strong(now, FdStage::watched,
                                     std::memory_order_release,
                                     std::memory_order_relaxed)) {
    return false;
  }
  assert(now == FdStage::leaving || now == FdStage::ending);
  // acq_rel: release as above; acquire pairs with the release in detach_soon().
  return stage_.exchange(FdStage::detached, std::memory_order_acq_rel) ==
         FdStage::ending;
}

template <class Sync>
bool FdState<Sync>::detach_soon() {
  // acquire: pairs with the release in leave(). release: pairs with the acquire
  // in leave(); the poller sees what the caller wrote before.
  FdStage now = stage_.load(std::memory_order_acquire);
  for (;;) {
    if (now == FdStage::detached) return true;
    if (now == FdStage::ending) return false;
    const bool entered = now == FdStage::busy || now == FdStage::leaving;
    const FdStage next = entered ? FdStage::ending : FdStage::detached;
    if (stage_.compare_exchange_weak(now, next, std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
      return !entered;
    }
  }
}

template <class Sync>
void FdState<Sync>::detach(bool inside) {
  // acquire, here and below: pairs with the release in leave().
  FdStage now = stage_.load(std::memory_order_acquire);
  while (now != FdStage::detached) {
    const bool entered = now != FdStage::unused && now != FdStage::watched;
    if (now == FdStage::ending && inside) return;  // leave() finishes it
    if (entered && !inside) {
      // The poller never blocks inside an operator, so this is short.
      Sync::yield();
      now = stage_.load(std::memory_order_acquire);
      continue;
    }
    const FdStage next = entered ? FdStage::leaving : FdStage::detached;
    if (stage_.compare_exchange_weak(now, next, std::memory_order_acquire,
                                     std::memory_order_acquire)) {
      return;
    }
  }
}

extern template class FdState<StdSync>;  // fd_state.cpp

}  // namespace netpoll
