// SPDX-License-Identifier: Apache-2.0
#pragma once

// One piece of work: anything that can be called without arguments. A Task can
// be moved and not copied, and is as large as a cache line.
//
//    0        8                                                       64
//    +--------+-------------------------------------------------------+
//    |  ops_  | the callable itself, if kFits                          |
//    +---|----+-------------------------------------------------------+
//        |    | a pointer to the callable on the heap, if not          |
//        v    +-------------------------------------------------------+
//    one table for each type of callable: run, destroy
//
// On its way to a worker a Task is moved several times, also by threads that
// hold a lock. A move copies the 64 bytes and calls nothing, so no code of the
// user runs then: a callable whose own move does more is kept on the heap.
//
// A std::function must be able to copy its callable, so it cannot hold a
// unique_ptr, or a Ref that is handed over. GCC 12's std::move_only_function
// keeps 24 bytes inside and puts more on the heap; a task of a connection needs
// a Ref and a few words more. Upstream: gopkg v0.1.1, util/gopool/pool.go:44
// (task), a heap node that a sync.Pool recycles.

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace netpoll {

class Task {
 public:
  /// The size of the largest callable that needs no allocation, in bytes.
  static constexpr std::size_t kInlineSize = 56;

  /// Whether a callable of type F may be moved by copying its bytes: F is
  /// trivially copyable, or F has a member type MovesAsBytes. With that member
  /// type F states that all its parts, such as a Ref, may be moved in this way.
  template <class F>
  static constexpr bool kMovesAsBytes =
      std::is_trivially_copyable_v<F> || requires { typename F::MovesAsBytes; };

  /// Whether a callable of type F is stored inside the Task, not on the heap.
  template <class F>
  static constexpr bool kFits =
      sizeof(F) <= kInlineSize && alignof(F) <= alignof(void*) &&
      kMovesAsBytes<F>;

  /// An empty Task. It converts to false and must not be called.
  Task() = default;

  /// A Task that stores `callable`. Running the Task calls it and ignores the
  /// result.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Task> &&
             std::invocable<std::decay_t<F>&>)
  Task(F&& callable)  // NOLINT(google-explicit-constructor): as std::function
      : ops_(&Stored<std::decay_t<F>>::kOps) {
    using Kept = std::decay_t<F>;
    if constexpr (kFits<Kept>) {
      ::new (static_cast<void*>(storage_)) Kept(std::forward<F>(callable));
    } else {
      ::new (static_cast<void*>(storage_))
          Kept*(new Kept(std::forward<F>(callable)));
    }
  }

  /// Takes the callable of `other` and leaves `other` empty. Calls no function
  /// of the callable.
  Task(Task&& other) noexcept { take(other); }
  /// The same, after it has destroyed the callable that was here: code of the
  /// user. So do not assign to a Task that is not empty while you hold a lock.
  Task& operator=(Task&& other) noexcept {
    if (this == &other) return *this;
    if (ops_ != nullptr) ops_->destroy(storage_);
    take(other);
    return *this;
  }
  ~Task() {
    if (ops_ != nullptr) ops_->destroy(storage_);
  }

  /// Calls the callable; may be repeated. Requires: the Task is not empty. [one
  /// thread at a time]
  void operator()() {
    assert(ops_ != nullptr);
    ops_->run(storage_);
  }

  /// False if the Task is empty.
  explicit operator bool() const { return ops_ != nullptr; }

 private:
  struct Ops {
    void (*run)(std::byte* storage);
    void (*destroy)(std::byte* storage) noexcept;
  };

  // The functions of Ops for a callable F that is stored inside the Task.
  template <class F>
  struct Inside {
    static void run(std::byte* storage) {
      static_cast<void>((*std::launder(reinterpret_cast<F*>(storage)))());
    }
    static void destroy(std::byte* storage) noexcept {
      std::launder(reinterpret_cast<F*>(storage))->~F();
    }
    static constexpr Ops kOps{&run, &destroy};
  };

  // The functions of Ops for a callable F on the heap. The Task's storage holds
  // a pointer to the F.
  template <class F>
  struct OnHeap {
    static void run(std::byte* storage) {
      static_cast<void>((**std::launder(reinterpret_cast<F**>(storage)))());
    }
    static void destroy(std::byte* storage) noexcept {
      delete *std::launder(reinterpret_cast<F**>(storage));
    }
    static constexpr Ops kOps{&run, &destroy};
  };

  template <class F>
  using Stored = std::conditional_t<kFits<F>, Inside<F>, OnHeap<F>>;

  void take(Task& other) noexcept {
    ops_ = std::exchange(other.ops_, nullptr);
    std::memcpy(storage_, other.storage_, kInlineSize);
  }

  const Ops* ops_ = nullptr;  // nullptr: the Task is empty
  alignas(void*) std::byte storage_[kInlineSize] = {};
};

static_assert(sizeof(Task) == 64);

}  // namespace netpoll
