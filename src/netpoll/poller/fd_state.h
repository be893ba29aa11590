// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a poller may call an operator's on_… functions, and whether the
// poller is inside one of them.
//
//    unused --begin--> watched <==enter / leave==> busy      poller thread
//       |                 |                         | detach or detach_soon,
//       | detach          | detach                  v any thread
//       |                 |                      leaving, ending
//       |                 v                         | leave
//       +-----------> detached <--------------------+
//
// unused    the operator has not been given to a poller yet.
// watched   the poller may enter the operator.
// busy      the poller is inside one of the on_… functions.
// leaving   the poller is still inside, and some thread has called detach().
// ending    the poller is still inside, and some thread has called
//           detach_soon(): the poller finishes the detach when it leaves.
// detached  the poller is not inside and never enters again. So the descriptor
//           may be closed, and what the on_… functions use may be freed.
//
// detach() on another thread returns when the stage is `detached`: it waits for
// the end of one on_… function at most, for the poller cannot enter an operator
// that is `leaving`. detach() on the poller's own thread does not wait, and
// detach_soon() never waits.
//
// The state is one atomic word and uses no other data. So a test can try every
// interleaving of its functions (tests/poller/fd_state_model_test.cpp).
// Upstream: fd_operator.go:65 (FDOperator.do), :69 (done), :73 (inuse),
// :82 (unused).

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

/// Sync: StdSync in the library; the model test brings another one.
template <class Sync>
class BasicFdState {
 public:
  explicit BasicFdState(FdStage stage = FdStage::unused) : stage_(stage) {}
  BasicFdState(const BasicFdState&) = delete;
  BasicFdState& operator=(const BasicFdState&) = delete;

  /// Moves from unused to watched. Returns false in any other stage. All that
  /// the caller wrote before begin() is visible to the poller after enter().
  /// [any]
  [[nodiscard]] bool begin();
  /// Moves from watched to busy. Returns false in any other stage: the operator
  /// has been detached, and its event is out of date. [poller]
  [[nodiscard]] bool enter();
  /// Moves from busy to watched, or from leaving or ending to detached. Returns
  /// true after ending: then the poller finishes the detach, and all that the
  /// caller of detach_soon() wrote before is visible to it. Requires: this
  /// thread has entered. [poller]
  [[nodiscard]] bool leave();
  /// Moves to detached or, while the poller is inside, to leaving. With
  /// `on_poller` false it then waits until the poller has left, and all that
  /// the poller wrote inside is visible to the caller. `on_poller` says that
  /// the caller is the poller's thread, which cannot wait for itself. [any]
  void detach(bool on_poller);
  /// Moves to detached and returns true or, while the poller is inside, moves
  /// to ending and returns false. Never waits. After true, all that the poller
  /// wrote inside is visible to the caller. [any]
  [[nodiscard]] bool detach_soon();

  /// The present stage; another thread may change it at the same time. To the
  /// poller that is inside, busy means: no thread has called detach(). [any]
  FdStage stage() const {
    // relaxed: the caller reads no other data on the strength of the answer.
    return stage_.load(std::memory_order_relaxed);
  }

 private:
  typename Sync::template Atomic<FdStage> stage_;
};

template <class Sync>
bool BasicFdState<Sync>::begin() {
  FdStage expected = FdStage::unused;
  // release: pairs with the acquire in enter(), so that the poller sees the
  // object as the object was when it was added.
  return stage_.compare_exchange_strong(expected, FdStage::watched,
                                        std::memory_order_release,
                                        std::memory_order_relaxed);
}

template <class Sync>
bool BasicFdState<Sync>::enter() {
  FdStage expected = FdStage::watched;
  // acquire: pairs with the release in begin().
  return stage_.compare_exchange_strong(expected, FdStage::busy,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed);
}

template <class Sync>
bool BasicFdState<Sync>::leave() {
  FdStage now = FdStage::busy;
  // release: pairs with the acquire in detach(), so that the thread that
  // detaches sees all that the poller wrote inside.
  if (stage_.compare_exchange_strong(now, FdStage::watched,
                                     std::memory_order_release,
                                     std::memory_order_relaxed)) {
    return false;
  }
  // Only detach() and detach_soon() change a busy stage.
  assert(now == FdStage::leaving || now == FdStage::ending);
  // release: pairs with the acquire in detach() and detach_soon(). acquire:
  // pairs with the release in detach_soon().
  return stage_.exchange(FdStage::detached, std::memory_order_acq_rel) ==
         FdStage::ending;
}

template <class Sync>
void BasicFdState<Sync>::detach(bool on_poller) {
  FdStage now = FdStage::watched;  // a guess; a failed exchange corrects it
  FdStage next = FdStage::detached;
  // relaxed: the acquire below reads what this exchange writes, or a later
  // stage, and so joins the release in the last leave() in either case.
  while (!stage_.compare_exchange_strong(now, next, std::memory_order_relaxed,
                                         std::memory_order_relaxed)) {
    if (now != FdStage::busy && now != FdStage::watched &&
        now != FdStage::unused) {
      break;  // another call has detached it, or soon does
    }
    next = now == FdStage::busy ? FdStage::leaving : FdStage::detached;
  }
  if (on_poller) return;

  // The poller is inside one on_… function, which does not wait and does a
  // bounded amount of work; only the scheduler can make this wait a long one.
  // acquire: pairs with both releases in leave().
  for (unsigned round = 0;
       stage_.load(std::memory_order_acquire) != FdStage::detached; ++round) {
    Sync::pause(round);
  }
}

template <class Sync>
bool BasicFdState<Sync>::detach_soon() {
  FdStage now = FdStage::watched;  // a guess; a failed exchange corrects it
  FdStage next = FdStage::detached;
  // acquire: pairs with the release in leave(). release: pairs with the acquire
  // in leave().
  while (!stage_.compare_exchange_strong(now, next, std::memory_order_acq_rel,
                                         std::memory_order_acquire)) {
    if (now == FdStage::detached) return true;
    if (now == FdStage::ending) return false;
    const bool inside = now == FdStage::busy || now == FdStage::leaving;
    next = inside ? FdStage::ending : FdStage::detached;
  }
  return next == FdStage::detached;
}

using FdState = BasicFdState<StdSync>;
extern template class BasicFdState<StdSync>;  // in fd_state.cpp

}  // namespace netpoll
