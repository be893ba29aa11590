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
  /// Becomes the owner of `fd`, and closes it at the end; -1 stands for no
  /// descriptor.
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.into_raw()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.into_raw());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  /// The descriptor's number, or -1 for none; this object stays its owner.
  int get() const { return fd_; }
  /// Whether this object owns a descriptor.
  explicit operator bool() const { return fd_ >= 0; }

  /// Gives the descriptor to the caller, who must close it; this object is
  /// empty afterwards. Returns -1 if it was empty before.
  [[nodiscard]] int into_raw() { return std::exchange(fd_, -1); }

  /// Closes the descriptor that this object owns, if any, and becomes the owner
  /// of `fd`; -1 stands for no descriptor.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace netpoll
