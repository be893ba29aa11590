// SPDX-License-Identifier: Apache-2.0
#pragma once

// A forked child of the test, for what would spoil the test's own process:
// closed standard streams, signals, exit().

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace netpoll::test {

/// Runs `work` in a child that then ends without running exit handlers;
/// returns what waitpid(2) tells of the child. `work` returns the exit status.
inline int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

/// The exit status in what waitpid(2) told; 128 + the signal that ended it.
inline int exit_status(int told) {
  return WIFEXITED(told) ? WEXITSTATUS(told) : 128 + WTERMSIG(told);
}

}  // namespace netpoll::test
