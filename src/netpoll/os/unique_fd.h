// SPDX-License-Identifier: Apache-2.0
#pragma once

// Owns one file descriptor: closed exactly once, when its owner goes.
//
// Unlike upstream: listener.Close closes its number twice, and the second close
// may hit a descriptor that another thread has just been given
// (net_listener.go:121). Here only the owner can close.

#include <utility>

namespace netpoll {

class UniqueFd {
 public:
  UniqueFd() = default;
  /// Takes over `fd`; -1 is "none".
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.into_raw()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.into_raw());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  /// The number; it stays this object's. -1 is "none".
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  /// Gives the descriptor to the caller, who must close it.
  [[nodiscard]] int into_raw() { return std::exchange(fd_, -1); }

  /// Closes what is held, then holds `fd`.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace netpoll
