// SPDX-License-Identifier: Apache-2.0
#pragma once

// Owns one file descriptor, and closes it exactly once: when the owner is
// destroyed, or earlier by reset().
//
// Unlike upstream, whose listener.Close (net_listener.go:121) closes its number
// twice, and the second close may close a descriptor that another thread has
// just opened. Here only the owner can close.

#include <utility>

namespace netpoll {

class UniqueFd {
 public:
  UniqueFd() = default;
  /// Takes over `fd`; -1 stands for no descriptor.
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.into_raw()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.into_raw());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  /// The number, or -1; this object still owns the descriptor.
  int get() const { return fd_; }
  /// Whether there is a descriptor.
  explicit operator bool() const { return fd_ >= 0; }

  /// Gives the descriptor to the caller, who must close it.
  [[nodiscard]] int into_raw() { return std::exchange(fd_, -1); }

  /// Closes the descriptor that is owned, if any, and takes over `fd`.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace netpoll
