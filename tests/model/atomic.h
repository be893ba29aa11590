// SPDX-License-Identifier: Apache-2.0
#pragma once

// What code under test is compiled with: atomics with the face of std::atomic,
// plain variables that notice a data race, and the Sync that names the former.

#include <array>
#include <concepts>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "model/scheduler.h"
#include "model/word.h"

namespace netpoll::model {

/// For integers, bool and enums. Every operation is a decision who goes first.
template <class T>
  requires std::integral<T> || std::is_enum_v<T>
class Atomic {
 public:
  using Order = std::memory_order;
  using Where = std::source_location;

  explicit(false) Atomic(T initial) : word_(pack(initial)) {}

  T load(Order order, Where at = Where::current()) const {
    return unpack(word_.load(order, Site{at}));
  }
  void store(T value, Order order, Where at = Where::current()) {
    word_.store(pack(value), order, Site{at});
  }
  T exchange(T value, Order order, Where at = Where::current()) {
    return unpack(word_.update([](Word::Value, Word::Value now) { return now; },
                               pack(value), order, Site{at}));
  }
  T fetch_or(T bits, Order order, Where at = Where::current()) {
    return unpack(word_.update(
        [](Word::Value old, Word::Value more) { return old | more; },
        pack(bits), order, Site{at}));
  }
  T fetch_and(T bits, Order order, Where at = Where::current()) {
    return unpack(word_.update(
        [](Word::Value old, Word::Value kept) { return old & kept; },
        pack(bits), order, Site{at}));
  }
  T fetch_add(T number, Order order, Where at = Where::current()) {
    return unpack(word_.update(
        [](Word::Value old, Word::Value more) { return old + more; },
        pack(number), order, Site{at}));
  }
  bool compare_exchange_strong(T& expected, T desired, Order success,
                               Order failure, Where at = Where::current()) {
    return compare_exchange(expected, desired, success, failure, false, at);
  }
  bool compare_exchange_weak(T& expected, T desired, Order success,
                             Order failure, Where at = Where::current()) {
    return compare_exchange(expected, desired, success, failure, true, at);
  }

 private:
  static Word::Value pack(T value) { return static_cast<Word::Value>(value); }
  static T unpack(Word::Value value) { return static_cast<T>(value); }

  bool compare_exchange(T& expected, T desired, Order success, Order failure,
                        bool weak, const Where& at) {
    Word::Exchange what{pack(expected), pack(desired), success, failure, weak};
    const bool done =
        word_.compare_exchange(what, Site{at}, Site{at, Part::failure});
    expected = unpack(what.expected);
    return done;
  }

  mutable Word word_;  // a load leaves its mark too
};

struct Sync {
  template <class T>
  using Atomic = model::Atomic<T>;
  static void yield() { Word::yield(); }
  static void pause(unsigned /*round*/) { Word::yield(); }
};

/// A plain variable: two uses of it, one of them a write, that are not ordered
/// by what happened before, fail the execution. What the threads of a test
/// share stands in one of these, or in an Atomic: nothing else.
template <class T>
class Var {
 public:
  using Where = std::source_location;

  explicit(false) Var(T initial = T()) : value_(std::move(initial)) {}
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  T get(const Where& at = Where::current()) const {
    after(write_, "read", at);
    reads_[Scheduler::now().me()] = Scheduler::now().tick();
    return value_;
  }
  void set(T value, const Where& at = Where::current()) {
    after(write_, "write", at);
    for (const Event& read : reads_)
      after(read, "write", at);
    write_ = Scheduler::now().tick();
    value_ = std::move(value);
  }

 private:
  static void after(const Event& before, const char* what, const Where& at) {
    Scheduler& run = Scheduler::now();
    if (run.clock().knows(before)) return;
    run.fail("data race with thread " + std::to_string(before.who) + " in a " +
             what + ", " + name_of(Site{at}));
  }

  T value_;
  Event write_;
  mutable std::array<Event, kThreadsMax> reads_{};
};

}  // namespace netpoll::model
