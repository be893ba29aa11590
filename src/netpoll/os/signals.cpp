// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/signals.h"

#include <cassert>

namespace netpoll::os {

EndSignals::EndSignals() {
  ::sigemptyset(&ends_);
  ::sigaddset(&ends_, SIGTERM);
  ::sigaddset(&ends_, SIGINT);
  [[maybe_unused]] const int error =
      ::pthread_sigmask(SIG_BLOCK, &ends_, &before_);
  assert(error == 0);
}

EndSignals::~EndSignals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int EndSignals::wait() {
  int first = 0;
  [[maybe_unused]] const int error = ::sigwait(&ends_, &first);
  assert(error == 0);
  // The next of these two signals is to end the process, by its default action.
  // That action must be set here, because a program that a shell has started in
  // the background ignores SIGINT.
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  ::pthread_sigmask(SIG_UNBLOCK, &ends_, nullptr);
  return first;
}

}  // namespace netpoll::os
