// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bounded waits: one that is in vain costs patience, and the next one has less
// of it.

#include <poll.h>

#include <chrono>
#include <thread>

#include "support/patience.h"
#include "support/sanitized.h"

namespace waiting {

constexpr int kPatienceMs = netpoll::test::kSanitized ? 20'000 : 2'000;

// A right program never uses it up. A wrong one costs two seconds once, and
// little afterwards.
inline int patience_ms() {
  return netpoll::test::patient ? kPatienceMs : 150;
}

// Whether `fd` becomes ready for `events` in time.
inline bool ready(int fd, short events) {
  pollfd wanted{.fd = fd, .events = events, .revents = 0};
  if (::poll(&wanted, 1, patience_ms()) == 1) return true;
  netpoll::test::lose_patience();
  return false;
}

// Whether `condition` holds in time.
template <class Condition>
bool eventually(Condition condition) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(patience_ms());
  while (!condition()) {
    if (Clock::now() > end) {
      netpoll::test::lose_patience();
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace waiting
