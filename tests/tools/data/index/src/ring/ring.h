// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every construct whose extent some tool gets wrong, in one small library.

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#define RING_EXPORT
#define RING_ACCESSOR(name) \
  int name() { return 7; }

namespace netpoll {

class Elsewhere;

inline constexpr std::size_t kLimit =
    64;

template <class T>
concept Number =
    std::integral<T> ||
    std::floating_point<T>;

using Bytes = std::vector<std::byte>;

template <class T>
using Rows = std::vector<std::vector<T>>;

enum class Color {
  red,
  green,
};

/// Counts what is put in.
/// Two lines of comment.
template <class T, std::size_t N>
  requires Number<T>
class Ring {
 public:
  class Iterator {
   public:
    Iterator();
    void step() { ++at_; }

   private:
    std::size_t at_ = 0;
  };

  Ring() = default;
  Ring(const Ring&) = delete;

  RING_EXPORT
  std::size_t size() const { return used_; }

  [[nodiscard]]
  T* begin();
  const T* begin() const;

  void push(T value);
  void push(const std::string& text, int times);

  static int made;
  friend bool same(const Ring& a, const Ring& b) { return a.used_ == b.used_; }

 private:
  // Written by the owner, read by nobody.
  std::size_t used_ = 0;
  T rows_[N];
};

template <std::size_t N>
class Ring<bool, N> {};

template <class T, std::size_t N>
  requires Number<T>
void Ring<T, N>::push(T value) {
  rows_[used_++] = value;
}

int plain(int a);
long plain(long a);
std::string braces();

RING_ACCESSOR(seven)

extern "C" int ring_version();

class Counter {
 public:
  explicit operator bool() const;
  int operator()(int step);
  static const int kStep;

 private:
  int value_ = 0;
};

}  // namespace netpoll

template <>
struct std::hash<netpoll::Color> {};
