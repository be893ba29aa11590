// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which thread leads a poller: runs its turns, and alone touches what is for
// the poller's own thread. The lead can go to another thread while a task runs
// that may be slow, so that events do not wait for the task.
//
//               take()            begin_task()
//      free ------------> leading ------------> in task n
//       ^                  |  ^  ^ <-------------   |
//       +---- give_up() ---+  |     end_task(n)     |
//                             +---------------------+
//                          take_from(n), by another thread; end_task(n) is
//                          false then, and the thread that began task n leads
//                          no more
//
// Tasks are numbered: take_from(n) takes the lead from task n only, and
// end_task(n) does not take another leader's task for its own.
//
// One word of state. A template, so that a test can try every interleaving:
// tests/poller/lead_model_test.cpp. Upstream has no such thing: its pollers run
// no handlers.

#include <atomic>
#include <cassert>
#include <cstdint>

#include "netpoll/base/sync.h"

namespace netpoll {

template <class Sync>
class BasicLead {
 public:
  /// A state of the word. In a task, it is the number of the task; never 0.
  using Word = std::uint64_t;

  /// Takes the lead, if no thread has it, and returns true. [any]
  [[nodiscard]] bool take() {
    Word found = word_.load(std::memory_order_relaxed);
    // acquire: pairs with the release in give_up(): the new leader sees all
    // that the former one did as leader.
    while (stage(found) == kFree) {
      if (word_.compare_exchange_weak(found, found + kLeading,
                                      std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  /// Gives the lead up. [leader]
  void give_up() {
    const Word now = word_.load(std::memory_order_relaxed);  // nobody else's
    assert(stage(now) == kLeading);
    // release: pairs with the acquire in take().
    word_.store(now - kLeading, std::memory_order_release);
  }

  /// Begins a task, and returns its number. Until end_task() has returned true
  /// the caller must not touch what is the leader's. [leader]
  [[nodiscard]] Word begin_task() {
    const Word now = word_.load(std::memory_order_relaxed);  // nobody else's
    assert(stage(now) == kLeading);
    const Word task = now - kLeading + kNextTask + kInTask;
    // release: pairs with the acquire in take_from().
    word_.store(task, std::memory_order_release);
    return task;
  }
  /// Ends the task, and returns true if the caller leads again. False: another
  /// thread has taken the lead meanwhile. [the thread that began the task]
  [[nodiscard]] bool end_task(Word task) {
    Word expected = task;
    // relaxed: nothing was written by another leader if this succeeds.
    return word_.compare_exchange_strong(expected, task - kInTask + kLeading,
                                         std::memory_order_relaxed,
                                         std::memory_order_relaxed);
  }

  /// Takes the lead from the thread that runs `task`. Returns false if the task
  /// is over, or another thread was first. [any]
  [[nodiscard]] bool take_from(Word task) {
    assert(is_in_task(task));
    Word expected = task;
    // acquire: as in take().
    return word_.compare_exchange_strong(expected, task - kInTask + kLeading,
                                         std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }

  /// The state at this moment, to be compared with that of another. [any]
  Word now() const { return word_.load(std::memory_order_relaxed); }
  static bool is_in_task(Word word) { return stage(word) == kInTask; }

 private:
  static constexpr Word kFree = 0;
  static constexpr Word kLeading = 1;
  static constexpr Word kInTask = 2;
  static constexpr Word kNextTask = 4;  // what a task more adds to its number

  static Word stage(Word word) { return word % kNextTask; }

  // give_up() and begin_task() release; take() and take_from() acquire.
  typename Sync::template Atomic<Word> word_{kFree};
};

/// The lead of the library's pollers; a model test uses another Sync.
using Lead = BasicLead<StdSync>;

}  // namespace netpoll
