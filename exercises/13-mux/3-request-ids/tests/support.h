// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tests' own code for a frame (they do not ask the learner's), and a limit
// for what may hang.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "netpoll/link_buffer/link_buffer.h"

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

// Ends the process if `body` does not return.
inline void bounded(const char* why, const std::function<void()>& body) {
  std::promise<void> over;
  std::thread thread([&] {
    body();
    over.set_value();
  });
  if (over.get_future().wait_for(std::chrono::seconds(2)) !=
      std::future_status::ready) {
    std::fprintf(stderr, "It hangs: %s\n", why);
    std::_Exit(1);
  }
  thread.join();
}

}  // namespace request_id::test
