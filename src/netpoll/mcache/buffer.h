// SPDX-License-Identifier: Apache-2.0
#pragma once

// A block of the pool whose destructor frees it.
//
//    Buffer buffer(100);
//
//    data()                              capacity() = 128
//    |<------- size() = 100 -------->|<------------>|
//    | dirty bytes, in use           | usable too   |
//
// A program that uses Buffer cannot make the mistakes of malloc() and free(). A
// Buffer cannot be copied, so it is freed once. It cannot be made from other
// memory, so the pool gets only its own blocks. And it remembers the base and
// the capacity, whatever part of the block is in use.
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
  /// A Buffer without a block; size() and capacity() are 0.
  Buffer() = default;
  /// Takes a block of at least max(size, capacity) bytes from the pool. Its
  /// first `size` bytes are in use, with unknown content. [any]
  explicit Buffer(std::size_t size, std::size_t capacity = 0)
      : memory_(malloc(size, capacity)), size_(size) {}
  /// Takes over the block of `other`. `other` is without a block afterwards.
  /// [any]
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

  /// The first byte of the block; null without a block. The pointer is valid as
  /// long as this Buffer holds the block. [any]
  std::byte* data() const { return memory_.base; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return memory_.capacity; }
  std::span<std::byte> bytes() const { return {data(), size_}; }

  /// Sets how many bytes of the block are in use. The block and its capacity do
  /// not change. Requires: size <= capacity(). [any]
  void resize(std::size_t size) {
    assert(size <= capacity());
    size_ = size;
  }

 private:
  Memory memory_;
  std::size_t size_ = 0;
};

}  // namespace netpoll::mcache
