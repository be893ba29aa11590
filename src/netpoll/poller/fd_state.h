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

/// The stage of one operator, and the functions that move it on. Sync brings
/// the atomics: StdSync (std::atomic) in the library; the model test, which
/// tries every interleaving, brings its own.
template <class Sync>
class BasicFdState {
 public:
  explicit BasicFdState(FdStage stage = FdStage::unused) : stage_(stage) {}
  BasicFdState(const BasicFdState&) = delete;
  BasicFdState& operator=(const BasicFdState&) = delete;

  /// Gives the operator to the poller: moves the stage from unused to watched.
  /// In any other stage returns false and changes nothing. All that the caller
  /// wrote before begin() is visible to the poller after enter(). [any]
  [[nodiscard]] bool begin();
  /// The poller calls this before an on_… function. Moves the stage from
  /// watched to busy. In any other stage returns false and changes nothing: the
  /// operator has been detached, and the poller must not call it. [poller]
  [[nodiscard]] bool enter();
  /// The poller calls this after the on_… functions. Moves the stage from busy
  /// to watched, or from leaving or ending to detached. Returns true if it was
  /// ending: then the poller must finish the detach, and all that the caller of
  /// detach_soon() wrote before that call is visible to the poller. Requires:
  /// enter() has returned true on this thread. [poller]
  [[nodiscard]] bool leave();
  /// Ends the watching for ever. Moves the stage to detached or, while the
  /// poller is inside an on_… function, to leaving. `on_poller`: the caller is
  /// the poller's own thread, which cannot wait for itself. Any other caller
  /// waits until the poller has left the function; then all that the poller
  /// wrote in it is visible to the caller. [any]
  void detach(bool on_poller);
  /// Ends the watching for ever, and never waits. Moves the stage to detached
  /// and returns true; then all that the poller wrote in the on_… functions is
  /// visible to the caller. While the poller is inside such a function, moves
  /// the stage to ending and returns false. [any]
  [[nodiscard]] bool detach_soon();

  /// True while the poller is inside an on_… function. When false, all that the
  /// poller wrote in earlier ones is visible to the caller. [any]
  bool is_inside() const {
    // acquire: pairs with the release in leave().
    const FdStage now = stage_.load(std::memory_order_acquire);
    return now == FdStage::busy || now == FdStage::leaving ||
           now == FdStage::ending;
  }
  /// The present stage; another thread may change it at the same time. For a
  /// poller inside an on_… function, busy means that no thread has called
  /// detach() or detach_soon() yet. [any]
  FdStage stage() const {
    // relaxed: no caller relies on the stage to see data of other threads.
    return stage_.load(std::memory_order_relaxed);
  }

 private:
  typename Sync::template Atomic<FdStage> stage_;
};

template <class Sync>
bool BasicFdState<Sync>::begin() {
  FdStage expected = FdStage::unused;
  // release: pairs with the acquire in enter(): the poller sees all that the
  // caller of begin() has written to the operator.
  return stage_.compare_exchange_strong(expected, FdStage::watched,
                                        std::memory_order_release,
                                        std::memory_order_relaxed);
}

template <class Sync>
bool BasicFdState<Sync>::enter() {
  FdStage expected = FdStage::watched;
  // acquire: pairs with the release in begin(): the poller sees all that the
  // caller of begin() has written to the operator.
  return stage_.compare_exchange_strong(expected, FdStage::busy,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed);
}

template <class Sync>
bool BasicFdState<Sync>::leave() {
  FdStage now = FdStage::busy;
  // release: pairs with the acquire in detach() and detach_soon(): their caller
  // sees all that the poller wrote in the on_… functions.
  if (stage_.compare_exchange_strong(now, FdStage::watched,
                                     std::memory_order_release,
                                     std::memory_order_relaxed)) {
    return false;
  }
  // While the stage is busy, only detach() and detach_soon() change it.
  assert(now == FdStage::leaving || now == FdStage::ending);
  // release: pairs with the acquire in detach() and detach_soon(): their caller
  // sees all that the poller wrote in the on_… functions. acquire: pairs with
  // the release in detach_soon(): the poller sees all that its caller wrote.
  return stage_.exchange(FdStage::detached, std::memory_order_acq_rel) ==
         FdStage::ending;
}

template <class Sync>
void BasicFdState<Sync>::detach(bool on_poller) {
  FdStage now = FdStage::watched;  // a guess; a failed exchange corrects it
  FdStage next = FdStage::detached;
  // relaxed: this exchange need not acquire, because the load in the wait loop
  // below does. That load reads what this exchange writes, or a later stage,
  // and so synchronizes with the release in the last leave() in either case.
  while (!stage_.compare_exchange_strong(now, next, std::memory_order_relaxed,
                                         std::memory_order_relaxed)) {
    if (now != FdStage::busy && now != FdStage::watched &&
        now != FdStage::unused) {
      break;  // already detached, or the poller detaches it when it leaves
    }
    next = now == FdStage::busy ? FdStage::leaving : FdStage::detached;
  }
  if (on_poller) return;

  // Waits until the poller has left the operator. An on_… function does not
  // wait and does a bounded amount of work, so this wait is short unless the
  // scheduler stops the poller's thread. acquire: pairs with both releases in
  // leave(): the caller sees all that the poller wrote in the on_… functions.
  for (unsigned round = 0;
       stage_.load(std::memory_order_acquire) != FdStage::detached; ++round) {
    Sync::pause(round);
  }
}

template <class Sync>
bool BasicFdState<Sync>::detach_soon() {
  FdStage now = FdStage::watched;  // a guess; a failed exchange corrects it
  FdStage next = FdStage::detached;
  // acquire: pairs with the release in leave(): the caller sees all that the
  // poller wrote in the on_… functions. release: pairs with the acquire in
  // leave(): the poller sees all that the caller wrote before.
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
extern template class BasicFdState<StdSync>;  // compiled in fd_state.cpp

}  // namespace netpoll
