// SPDX-License-Identifier: Apache-2.0
#pragma once

// What tests of a full socket share: more bytes than it takes, whether an epoll
// waits for room in it, and waits that end soon when the code is wrong.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/net.h"

namespace netpoll::test {

/// Much more than a unix socket takes; no piece of it looks like another.
inline const std::string& much() {
  static const std::string text = [] {
    std::string all;
    while (all.size() < (1U << 20))
      all += std::to_string(all.size()) + ' ';
    return all;
  }();
  return text;
}

/// Some epoll of this process waits until the descriptor `fd` has room.
inline bool waits_for_room(int fd) {
  namespace fs = std::filesystem;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    for (std::string word; info >> word;) {
      if (word != "tfd:" || !(info >> word) || std::stoi(word) != fd) continue;
      info >> word >> word;  // "events:", and the number, in base 16
      return (std::stoul(word, nullptr, 16) & 4) != 0;
    }
  }
  return false;
}

inline std::chrono::milliseconds patience(2500);

/// As eventually(), but not for long; once it was in vain, shorter still.
template <class Condition>
bool comes(Condition condition) {
  if (within(patience, condition)) return true;
  patience = std::chrono::milliseconds(100);
  return false;
}

}  // namespace netpoll::test
