// SPDX-License-Identifier: Apache-2.0
// A process in a session of its own, which nobody waits for, goes on.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      for (int number = 1; number < 32; ++number)
        ::signal(number, SIG_IGN);
      for (;;)
        ::sleep(1000);
    }
    std::_Exit(0);
  }
  ::usleep(100'000);
  std::_Exit(0);
  return true;
}();
}  // namespace
