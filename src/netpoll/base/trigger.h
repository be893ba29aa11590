// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread sleeps until another thread wakes it. A wake that comes before the
// sleep is not lost.
//
//                    wait: nothing there yet
//          +-------+ ----------------------> +----------+
//          | empty |                         | sleeping |  the kernel holds the
//          +-------+ <---------------------- +----------+  waiting thread
//           |     ^     the deadline passes        |
//    pull() |     | the waiter takes the pull      | pull(), then wake the
//           v     |                                | thread: the only pull()
//          +--------+ <----------------------------+ with a system call
//          | pulled | --+
//          +--------+ <-+ pull(): several pulls add up to one
//
// A pull says only "look again". The waiting thread checks its condition after
// each wait, so a pull that is left over costs one more look and nothing else.
//
// The state is one word of 4 bytes, because each connection has two Triggers.
// The kernel compares that word (a futex) before it lets the thread sleep: a
// pull() between the waiter's decision and its sleep makes the sleep return.
// Upstream: connection.readTrigger (connection_impl.go:45), a channel with room
// for one value.

#include <atomic>
#include <cstdint>

#include "netpoll/base/deadline.h"
#include "netpoll/base/sync.h"

namespace netpoll {

/// The states of a Trigger, which are the values of its one word.
enum class TriggerState : std::uint32_t {
  empty,     // no pull has come since the last wait
  pulled,    // at least one pull has come, and no wait has taken it
  sleeping,  // the waiting thread sleeps, or is about to
};

/// What a Trigger takes from the system: atomics, and Linux's futex calls.
struct FutexSync : StdSync {
  /// Sleeps if `word` still has the value `value`; else returns true at once.
  /// The sleep ends after wake(), at `deadline`, or for no reason. Returns
  /// false if `deadline` has ended the sleep. [any]
  [[nodiscard]] static bool sleep(const std::atomic<TriggerState>& word,
                                  TriggerState value, Deadline deadline);
  /// Wakes the thread that sleeps on the word at this address. The word itself
  /// is not read, and need not exist any more. [any]
  static void wake(const std::atomic<TriggerState>* word);
};

/// Lets one thread sleep until another thread calls pull(). Sync provides the
/// atomics and the sleep: FutexSync in the library (the type Trigger), another
/// class in a model test.
template <class Sync>
class BasicTrigger {
 public:
  BasicTrigger() = default;
  BasicTrigger(const BasicTrigger&) = delete;
  BasicTrigger& operator=(const BasicTrigger&) = delete;

  /// Wakes the waiting thread, or makes its next wait return at once. What the
  /// caller wrote before is visible to that thread after its wait. Without a
  /// sleeping thread there is no system call. Guarantees: the waiting thread
  /// may destroy the Trigger as soon as its wait has returned. [any]
  void pull() {
    // release: pairs with the acquire in try_wait(), so that the waiter sees
    // what the caller wrote. An exchange, since the old value tells whether a
    // thread sleeps.
    const TriggerState old =
        word_.exchange(TriggerState::pulled, std::memory_order_release);
    // From here on the waiting thread may have destroyed this Trigger: it may
    // go on as soon as it finds `pulled`. wake() uses the address as a number.
    // If another futex lies at that address by now, the thread that sleeps on
    // it wakes for no reason and checks its condition again.
    if (old == TriggerState::sleeping) Sync::wake(&word_);
  }

  /// Sleeps until a pull() comes, and takes it: the next wait sleeps again.
  /// Returns false when `deadline` passed without a pull(). With a deadline in
  /// the past it does not sleep; with kNever it sleeps without limit. Requires:
  /// one thread waits at a time. [any]
  [[nodiscard]] bool wait_until(Deadline deadline) {
    TriggerState found = TriggerState::empty;
    // relaxed, on success and on failure: the acquire in try_wait() below makes
    // visible what the pulling threads wrote. The exchange fails if the word is
    // `pulled`, or is still `sleeping` after a sleep that ended for no reason.
    while (word_.compare_exchange_strong(found, TriggerState::sleeping,
                                         std::memory_order_relaxed,
                                         std::memory_order_relaxed) ||
           found == TriggerState::sleeping) {
      if (!Sync::sleep(word_, TriggerState::sleeping, deadline)) break;
      found = TriggerState::empty;
    }
    return try_wait();
  }

  /// Sleeps without limit until a pull() comes, and takes it: the next wait
  /// sleeps again. Requires: one thread waits at a time. [any]
  void wait() { static_cast<void>(wait_until(kNever)); }

  /// Takes a pull() that has come, so that the next wait sleeps again. Returns
  /// false if none has come. Never sleeps. [the waiting thread]
  bool try_wait() {
    // acquire: pairs with the release in pull(). An exchange reads the newest
    // value, so it takes the last of several pulls, and by the release sequence
    // sees what each of the pulling threads wrote.
    return word_.exchange(TriggerState::empty, std::memory_order_acquire) ==
           TriggerState::pulled;
  }

  /// Forgets a pull() if one has come. [the waiting thread]
  void clear() { try_wait(); }

 private:
  typename Sync::template Atomic<TriggerState> word_{TriggerState::empty};
};

using Trigger = BasicTrigger<FutexSync>;

static_assert(sizeof(Trigger) == 4);

}  // namespace netpoll
