// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a connection is quiet, for a graceful shutdown that looks at it again
// and again.
//
//    look 1   look 2   look 3             look 4
//    | bytes  |        | half a message   | … no byte for `grace`
//    moved    quiet    moved              quiet
//
// One object for each connection, of the thread that looks.

#include <chrono>
#include <cstdint>
#include <utility>

#include "netpoll/base/bytes.h"
#include "netpoll/base/deadline.h"

namespace netpoll {

class Quiet {
 public:
  /// Looks once more. Returns true when no byte came since the last look; and,
  /// with `half_message` (a handler has left input unread), none for `grace`.
  /// The first look returns false. `arrived`: how many bytes have ever come in.
  /// [one thread at a time]
  bool look(std::uint64_t arrived, bool half_message, Deadline now,
            std::chrono::milliseconds grace) {
    if (arrived != std::exchange(arrived_, arrived)) {
      since_ = now;
      return false;
    }
    return !half_message || now - since_ >= grace;
  }

 private:
  std::uint64_t arrived_ = kNoLimit;  // at the last look; kNoLimit: none yet
  Deadline since_ = kNever;           // no byte came since this moment
};

}  // namespace netpoll
