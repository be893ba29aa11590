// SPDX-License-Identifier: Apache-2.0
#pragma once

// One piece of work: anything callable without arguments, moved and never
// copied, on exactly one cache line.
//
//    0        8                                                       64
//    +--------+-------------------------------------------------------+
//    |  ops_  | the callable itself, up to 56 bytes (fits, no malloc)  |
//    +---|----+-------------------------------------------------------+
//        |    | or a pointer to it on the heap, when it is larger      |
//        v    +-------------------------------------------------------+
//    one table a type: run, relocate, destroy
//
// std::function copies, so it cannot hold a Ref that is handed over or a
// unique_ptr; GCC 12's std::move_only_function keeps 24 bytes and goes to the
// heap for more, and a connection's task is a Ref and a few words.
// Upstream: gopool/pool.go:38 (task), worker.go:26; there each is a heap node,
// recycled by sync.Pool.

#include <cassert>
#include <concepts>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace netpoll {

class Task {
 public:
  /// What a callable may measure to be stored without an allocation.
  static constexpr std::size_t kInlineSize = 56;

  /// Whether an F is stored inside the Task.
  template <class F>
  static constexpr bool kFits =
      sizeof(F) <= kInlineSize && alignof(F) <= alignof(void*) &&
      std::is_nothrow_move_constructible_v<F>;

  /// Empty: false, and not to be called.
  Task() = default;

  /// From a callable; its result, if any, is dropped.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Task> &&
             std::invocable<std::decay_t<F>&>)
  Task(F&& callable)  // NOLINT(google-explicit-constructor): as std::function
      : ops_(&kOps<std::decay_t<F>>) {
    using Kept = std::decay_t<F>;
    if constexpr (kFits<Kept>) {
      ::new (static_cast<void*>(storage_)) Kept(std::forward<F>(callable));
    } else {
      ::new (static_cast<void*>(storage_))
          Kept*(new Kept(std::forward<F>(callable)));
    }
  }

  Task(Task&& other) noexcept : ops_(std::exchange(other.ops_, nullptr)) {
    if (ops_ != nullptr) ops_->relocate(other.storage_, storage_);
  }
  Task& operator=(Task&& other) noexcept {
    if (this == &other) return *this;
    reset();
    ops_ = std::exchange(other.ops_, nullptr);
    if (ops_ != nullptr) ops_->relocate(other.storage_, storage_);
    return *this;
  }
  ~Task() { reset(); }

  /// Runs it, as often as asked. Requires: not empty. [one thread at a time]
  void operator()() {
    assert(ops_ != nullptr);
    ops_->run(storage_);
  }

  explicit operator bool() const { return ops_ != nullptr; }

 private:
  struct Ops {
    void (*run)(std::byte* at);
    void (*relocate)(std::byte* from, std::byte* to) noexcept;
    void (*destroy)(std::byte* at) noexcept;
  };

  // F where it is stored: the bytes themselves, or what they point to.
  template <class F>
  static F* at(std::byte* storage) {
    if constexpr (kFits<F>) {
      return std::launder(reinterpret_cast<F*>(storage));
    } else {
      return *std::launder(reinterpret_cast<F**>(storage));
    }
  }

  template <class F>
  static void run(std::byte* storage) {
    static_cast<void>((*at<F>(storage))());
  }

  // Ends the life of what is in `from`, so that nobody destroys it twice.
  template <class F>
  static void relocate(std::byte* from, std::byte* to) noexcept {
    F* const kept = at<F>(from);
    if constexpr (kFits<F>) {
      ::new (static_cast<void*>(to)) F(std::move(*kept));
      kept->~F();
    } else {
      ::new (static_cast<void*>(to)) F*(kept);
    }
  }

  template <class F>
  static void destroy(std::byte* storage) noexcept {
    if constexpr (kFits<F>) {
      at<F>(storage)->~F();
    } else {
      delete at<F>(storage);
    }
  }

  template <class F>
  static constexpr Ops kOps{&run<F>, &relocate<F>, &destroy<F>};

  void reset() {
    if (ops_ != nullptr) std::exchange(ops_, nullptr)->destroy(storage_);
  }

  const Ops* ops_ = nullptr;  // nullptr: empty
  alignas(void*) std::byte storage_[kInlineSize];
};

static_assert(sizeof(Task) == 64);

}  // namespace netpoll
