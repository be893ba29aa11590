// SPDX-License-Identifier: Apache-2.0
#pragma once

// SIGTERM and SIGINT, which ask a server to end.
//
//    os::EndSignals signals;            // before any thread starts
//    auto runtime = Runtime::start();
//    …
//    signals.wait();                    // sleeps until the first signal
//    return loop.shutdown(std::chrono::seconds(30));  // a second ends at once
//
// A handler of a signal may call next to nothing, so no handler is installed:
// the two signals are blocked, and one thread waits for them by sigwait(3). A
// thread inherits the blocked signals of the thread that starts it; so the
// object is made first, and every thread of the library blocks them too.

#include <signal.h>

namespace netpoll::os {

class EndSignals {
 public:
  /// Blocks SIGTERM and SIGINT in the calling thread, and so in each thread
  /// that it starts afterwards. [init]
  EndSignals();
  /// Sets the calling thread's blocked signals back to what they were. [init]
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  /// Sleeps until the first SIGTERM or SIGINT comes, and returns its number.
  /// After that, another SIGTERM or SIGINT ends the process at once, by the
  /// signal's default action; the shell reports the status 128 + its number.
  /// Call wait() once, on the thread that made this object. [init]
  int wait();

 private:
  sigset_t ends_{};    // SIGTERM and SIGINT
  sigset_t before_{};  // the thread's blocked signals before the constructor
};

}  // namespace netpoll::os
