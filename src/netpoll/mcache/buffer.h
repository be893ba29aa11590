// SPDX-License-Identifier: Apache-2.0
#pragma once

// A block of the pool that frees itself.
//
//    Buffer buffer(100);
//
//    data()                              capacity() = 128
//    |<------- size() = 100 -------->|<------------>|
//    | dirty bytes, the owner's      | also usable  |
//
// With a Buffer the mistakes of malloc() and free() cannot be written down: it
// cannot be copied, so it is freed once; it cannot be made from other memory,
// so nothing foreign gets into the pool; and it remembers the base and the
// capacity, whatever part of it is in use.
//
// Upstream: the []byte of mcache.Malloc, with len and cap.

#include <cassert>
#include <cstddef>
#include <span>
#include <utility>

#include "netpoll/mcache/mcache.h"

namespace netpoll::mcache {

class Buffer {
 public:
  /// Holds nothing; size() and capacity() are 0.
  Buffer() = default;
  /// `size` dirty bytes, in a block for at least `capacity` of them.
  explicit Buffer(std::size_t size, std::size_t capacity = 0)
      : memory_(malloc(size, capacity)), size_(size) {}
  /// The other one holds nothing afterwards.
  Buffer(Buffer&& other) noexcept
      : memory_(std::exchange(other.memory_, {})),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));
    std::swap(memory_, moved.memory_);
    std::swap(size_, moved.size_);
    return *this;
  }
  ~Buffer() { free(memory_); }

  std::byte* data() const { return memory_.base; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return memory_.capacity; }
  std::span<std::byte> bytes() const { return {data(), size_}; }

  /// Moves the end of what is in use. The block stays as it is, and so does
  /// what free() will get. Requires: size <= capacity(). [the owner]
  void resize(std::size_t size) {
    assert(size <= capacity());
    size_ = size;
  }

 private:
  Memory memory_;
  std::size_t size_ = 0;
};

}  // namespace netpoll::mcache
