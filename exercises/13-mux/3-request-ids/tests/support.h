// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tests' own code for a frame (they do not ask the learner's), and a limit
// for what may hang.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "netpoll/link_buffer/link_buffer.h"
#include "support/sanitized.h"

namespace request_id::test {

inline std::string number(std::uint64_t value, int size) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

inline std::string frame(std::uint64_t id, std::string_view payload) {
  return number(8 + payload.size(), 4) + number(id, 8) + std::string(payload);
}

inline std::string in_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    char two[4];
    std::snprintf(two, sizeof two, "%02x ", static_cast<unsigned char>(byte));
    hex += two;
  }
  return hex;
}

inline void put(netpoll::LinkBuffer& in, std::string_view bytes) {
  in.write_string(bytes);
  in.flush();
}

// How many tests have ended the program so far: ./learn begins it again without
// them, with the filter "-A:B".
inline std::ptrdiff_t ended_before() {
  const std::string filter = GTEST_FLAG_GET(filter);
  return filter.starts_with('-') ? 1 + std::ranges::count(filter, ':') : 0;
}

// Ends the process if this object lives longer than two seconds and `more`; or
// a small part of that, when something is red already. Under a sanitizer only
// what is right runs, which hangs nowhere and may be slow: ten times as long.
class TimeLimit {
 public:
  using Time = std::chrono::milliseconds;

  explicit TimeLimit(const char* why, Time more = Time(0))
      : thread_([why, time = (Time(2000) + more) * kSlower /
                             divisor()](const std::stop_token& over) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any changed;
          changed.wait_for(lock, over, time, [] { return false; });
          if (over.stop_requested()) return;
          std::fprintf(stderr, "It hangs: %s\n", why);
          std::_Exit(1);
        }) {}

 private:
  static constexpr int kSlower = netpoll::test::kSanitized ? 10 : 1;

  static std::ptrdiff_t divisor() {
    return ended_before() == 0
               ? 1
               : 10 * std::min<std::ptrdiff_t>(ended_before(), 4);
  }

  std::jthread thread_;
};

// Ends the process if `body` does not return.
inline void bounded(const char* why, const std::function<void()>& body) {
  const TimeLimit limit(why);
  body();
}

}  // namespace request_id::test
