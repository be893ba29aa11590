// SPDX-License-Identifier: Apache-2.0
#pragma once

// A kernel that does what the test says. For its one descriptor the calls
// read, recv, write and send come here; for all others, to the real kernel.
//
//    Kernel kernel("hello");             // what waits to be read
//    kernel.answers({2, kSignal, 3});    // what the next calls do
//
// A number: that many bytes, if so many are asked for and there. When the list
// is used up: all that is asked for; and at the end of the input, 0.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

inline constexpr int kSignal = -1;    // interrupted: EINTR, nothing is done
inline constexpr int kFailure = -2;   // EIO
inline constexpr int kTooMany = 100;  // calls; no right answer makes so many

class Kernel {
 public:
  explicit Kernel(std::string_view input = "");
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  void answers(std::deque<int> list) { answers_ = std::move(list); }

  int fd() const { return fd_; }
  int calls() const { return calls_; }
  const std::string& unread() const { return unread_; }
  const std::string& written() const { return written_; }

  ssize_t read(void* room, std::size_t size);
  ssize_t write(const void* bytes, std::size_t size);

  /// The kernel of this descriptor, or null.
  static Kernel* of(int fd);

 private:
  // How many bytes this call moves; below 0 it fails, and errno is set.
  ssize_t next(std::size_t size);

  int fd_;
  int calls_ = 0;
  std::deque<int> answers_;
  std::string unread_;
  std::string written_;
};
