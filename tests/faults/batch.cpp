// SPDX-License-Identifier: Apache-2.0
#include "batch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "netpoll/os/connect.h"
#include "stage.h"

namespace netpoll::faults {
namespace {

// Longer than any wait inside a scene.
constexpr std::chrono::seconds kLimit{45};

struct Cell {
  std::string id;
  std::string scene;
  std::string runner;
  std::string rules;
};

[[noreturn]] void become(const Cell& cell, const char* program,
                         const char* library, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::setenv("LD_PRELOAD", library, 1);
  ::setenv("NETPOLL_FAULT", cell.rules.c_str(), 1);
  ::execl(program, program, cell.scene.c_str(), cell.runner.c_str(), nullptr);
  std::_Exit(127);
}

// All that the scene prints, until it ends or the limit has come.
std::string read_all(int output, bool& in_time) {
  const Deadline limit = deadline_after(kLimit);
  std::string all;
  std::array<char, 16384> piece;
  for (;;) {
    pollfd wanted{.fd = output, .events = POLLIN, .revents = 0};
    in_time = ::poll(&wanted, 1, os::left_ms(limit)) > 0;
    if (!in_time) return all;
    const ssize_t n = ::read(output, piece.data(), piece.size());
    if (n <= 0) return all;
    all.append(piece.data(), static_cast<std::size_t>(n));
  }
}

void play(const Cell& cell, const char* program, const char* library) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) std::abort();
  const UniqueFd output(pipe[0]);
  UniqueFd input(pipe[1]);
  const pid_t child = ::fork();
  if (child == 0) become(cell, program, library, input.get());
  input.reset();
  bool in_time = true;
  const std::string text = read_all(output.get(), in_time);
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  const std::string how = !in_time ? "time"
                          : WIFSIGNALED(status)
                              ? "signal " + std::to_string(WTERMSIG(status))
                              : "exit " + std::to_string(WEXITSTATUS(status));
  std::printf("{\"id\":%s,\"status\":%s,\"output\":%s}\n",
              json_text(cell.id).c_str(), json_text(how).c_str(),
              json_text(text).c_str());
  std::fflush(stdout);
}

}  // namespace

int run_batch(const char* program, const char* library) {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    Cell cell;
    words >> cell.id >> cell.scene >> cell.runner >> cell.rules;
    play(cell, program, library);
  }
  return 0;
}

}  // namespace netpoll::faults
