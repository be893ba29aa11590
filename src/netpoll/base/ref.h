// SPDX-License-Identifier: Apache-2.0
#pragma once

// An intrusive reference count, and the pointer that counts.
//
//    Ref<Block> a = Block::pooled(100);   // count 1
//    Ref<Block> b = a;                    // count 2
//    a = nullptr; b = nullptr;            // count 0: deleted
//
// Only Blocks and the operators that a poller watches are counted. The counter
// lies inside the object, and there are no weak pointers: each holder of an
// object is a Ref that can be found in the source. Upstream: Go's garbage
// collector, and the field `refer` of nocopy_linkbuffer.go:806
// (linkBufferNode).

#include <atomic>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace netpoll {

/// Base class of an object that Refs can hold, as in
/// `class Block : public RefCounted<Block>`. The last holder deletes the object
/// through a pointer to T. So a Ref<T> may hold an object of a class derived
/// from T only if the destructor of T is virtual.
template <class T>
class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  /// Counts one holder more. Requires: the caller already is a holder. [any]
  void add_ref() const {
    // relaxed: a count that goes up publishes nothing. The new holder gets the
    // object from the caller, which already holds it.
    [[maybe_unused]] const std::uint32_t before =
        count_.fetch_add(1, std::memory_order_relaxed);
    assert(before > 0);
  }

  /// Counts one holder less. The last holder deletes the object. Requires: the
  /// caller is a holder. [any]
  void drop_ref() const {
    // relaxed: the assert looks at nothing but the count.
    assert(count_.load(std::memory_order_relaxed) > 0);
    // acquire and acq_rel: pair with the acq_rel of every other drop_ref(). The
    // release half publishes what this holder did to the object; the acquire
    // half lets the last holder see what all the others did. A holder that
    // loads 1 is the only one: no other thread can change the count, so the
    // load is enough and fetch_sub() is left out.
    if (count_.load(std::memory_order_acquire) == 1 ||
        count_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete static_cast<const T*>(this);
    }
  }

  /// The number of holders. It is exact only if no other thread can change it,
  /// for example when it is 1 and the caller is that one holder. [any]
  std::uint32_t holders() const {
    // acquire: pairs with the release half of drop_ref(). A holder that reads 1
    // sees what all former holders did, and may write to the object.
    return count_.load(std::memory_order_acquire);
  }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;

 private:
  // The number of holders. It begins with 1, for the Ref that make_ref()
  // returns.
  mutable std::atomic<std::uint32_t> count_{1};
};

/// A pointer that counts as one holder of its object, from construction to
/// destruction. A copy is one holder more. One thread at a time may use a Ref;
/// other threads may use other Refs to the same object meanwhile.
template <class T>
class Ref {
 public:
  Ref() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): nullptr converts as to a T*
  Ref(std::nullptr_t) {}
  Ref(const Ref& other) : object_(other.object_) {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  /// Makes one more holder of the object that `other` holds. U is a class
  /// derived from T. The conversion is implicit, as a U* converts to a T*.
  template <class U>  // NOLINTNEXTLINE(google-explicit-constructor): implicit
  Ref(const Ref<U>& other) noexcept : object_(other.get()) {
    // add_ref() is called through T*, as the destructor calls drop_ref(): U may
    // have a counter of its own, which a Ref<T> must not change.
    if (object_ != nullptr) object_->add_ref();
  }
  /// Takes over the count of `other`, as the move of a Ref<T> does, if U counts
  /// its holders by the same functions as T. Otherwise the copy above is taken.
  template <class U>
    requires std::same_as<decltype(&U::add_ref), decltype(&T::add_ref)>
  // NOLINTNEXTLINE(google-explicit-constructor): implicit, as the copy
  Ref(Ref<U>&& other) noexcept : object_(other.into_raw()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->drop_ref();
  }

  /// Returns a Ref that takes over the caller's count: the caller was a holder
  /// of `object`, and after the call is none. `object` may be nullptr. [any]
  [[nodiscard]] static Ref from_raw(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  /// Returns a new Ref to `object`, one holder more. Requires: another Ref
  /// holds `object` during the call. [any]
  [[nodiscard]] static Ref share(T& object) {
    object.add_ref();
    return from_raw(&object);
  }
  /// Empties this Ref without counting down, and returns its pointer. From now
  /// on the caller is the holder, and must give the pointer to from_raw()
  /// exactly once.
  [[nodiscard]] T* into_raw() { return std::exchange(object_, nullptr); }

  /// The object, still held by this Ref; nullptr if the Ref is empty.
  T* get() const { return object_; }
  T* operator->() const {
    assert(object_ != nullptr);
    return object_;
  }
  T& operator*() const {
    assert(object_ != nullptr);
    return *object_;
  }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref& other) const = default;

 private:
  T* object_ = nullptr;
};

/// Makes a new T, with the returned Ref as its only holder. [any]
template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>::from_raw(new T(std::forward<Args>(args)...));
}

}  // namespace netpoll
