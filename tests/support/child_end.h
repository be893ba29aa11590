// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a forked child of the test ended, and what it said on standard error: for
// what may end its process with a line that tells why.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

namespace netpoll::test {

struct ChildEnd {
  bool stopped = false;  // the process did not come to the end of the work
  std::string said;      // on standard error
};

/// Runs `work` in a child, and returns when that has ended.
template <class Work>
ChildEnd end_in_child(Work work) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return {};
  const ::pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    work();
    ::_exit(0);
  }
  ::close(pipe[1]);
  ChildEnd end;
  std::array<char, 512> some{};
  for (::ssize_t n = 0; (n = ::read(pipe[0], some.data(), some.size())) > 0;)
    end.said.append(some.data(), static_cast<std::size_t>(n));
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  end.stopped = status != 0;
  return end;
}

}  // namespace netpoll::test
