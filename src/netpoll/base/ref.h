// SPDX-License-Identifier: Apache-2.0
#pragma once

// An intrusive reference count, and the pointer that counts.
//
//    Ref<Block> a = Block::pooled(100);   // count 1
//    Ref<Block> b = a;                    // count 2
//    a = nullptr; b = nullptr;            // count 0: deleted
//
// Only Block and what a poller watches are counted. One counter inside the
// object, and no weak pointers: whoever keeps a thing alive is in plain sight
//. Upstream: the garbage collector, and linkBufferNode.refer.

#include <atomic>
#include <cstdint>
#include <utility>

namespace netpoll {

/// Base of what can be held by Ref. The derived class is deleted through its
/// own type T, or, when it has a virtual destructor, through T's base.
template <class T>
class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  /// One more holder. The caller must already have one. [any]
  void add_ref() const {
    // relaxed: nobody learns anything from a count that goes up.
    count_.fetch_add(1, std::memory_order_relaxed);
  }

  /// One holder less; the last one deletes. [any]
  void drop_ref() const {
    // acq_rel: the release half publishes what this holder did to the object,
    // the acquire half lets the last holder see what all others did. Pairs
    // with every other drop_ref(). Whoever reads 1 is the only holder, so no
    // count can change under him, and he saves the read-modify-write.
    if (count_.load(std::memory_order_acquire) == 1 ||
        count_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete static_cast<const T*>(this);
    }
  }

  /// How many hold it. Exact only when nobody else can change it; for tests
  /// and for "am I the only one?". [any]
  std::uint32_t holders() const {
    // acquire: pairs with the release half of drop_ref(); who reads 1 may
    // write the object.
    return count_.load(std::memory_order_acquire);
  }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;

 private:
  mutable std::atomic<std::uint32_t> count_{1};  // holders; 0 is deleted
};

/// A counted pointer. Copying counts up, destroying counts down. Each Ref
/// belongs to one thread at a time, the object it points to need not.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): as pointers
  Ref(const Ref& other) : object_(other.object_) {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  /// From a Ref to a derived class.
  template <class U>  // NOLINTNEXTLINE(google-explicit-constructor): as above
  Ref(Ref<U> other) noexcept : object_(other.into_raw()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->drop_ref();
  }

  /// Takes over one count that the caller already owns.
  static Ref from_raw(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  /// Adds a count for an object that somebody holds already.
  static Ref share(T& object) {
    object.add_ref();
    return from_raw(&object);
  }
  /// Gives the count away; the caller must from_raw() it again some day.
  [[nodiscard]] T* into_raw() { return std::exchange(object_, nullptr); }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref& other) const = default;

 private:
  T* object_ = nullptr;
};

/// A new T, held once.
template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>::from_raw(new T(std::forward<Args>(args)...));
}

}  // namespace netpoll
