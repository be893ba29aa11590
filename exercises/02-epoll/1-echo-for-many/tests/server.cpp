// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include "netpoll/os/unique_fd.h"
#include "waiting.h"

namespace {

using waiting::eventually;
using waiting::ready;

// In the child: becomes the program, and ends with the test.
[[noreturn]] void become(const char* program, int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out, STDOUT_FILENO);
  ::execl(program, program, nullptr);
  ::_exit(127);
}

// The port in "127.0.0.1 PORT", or 0.
int port_from(int in) {
  std::string line;
  char byte = 0;
  while (line.size() < 64 && ready(in, POLLIN) && ::read(in, &byte, 1) == 1) {
    if (byte == '\n') break;
    line += byte;
  }
  int port = 0;
  return std::sscanf(line.c_str(), "127.0.0.1 %d", &port) == 1 ? port : 0;
}

}  // namespace

Server::Server() {
  static bool silent = false;  // it said nothing once: it is not tried again
  const char* const program = std::getenv("LEARN_PROGRAM");
  std::array<int, 2> pipe{-1, -1};
  if (silent || program == nullptr || ::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return;
  const netpoll::UniqueFd in(pipe[0]);
  const netpoll::UniqueFd out(pipe[1]);
  pid_ = ::fork();
  if (pid_ == 0) become(program, out.get());
  port_ = port_from(in.get());
  silent = port_ == 0;
}

Server::~Server() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Server::proc(const char* name) const {
  return "/proc/" + std::to_string(pid_) + "/" + name;
}

int Server::threads() const {
  const std::filesystem::directory_iterator all(proc("task"));
  return static_cast<int>(std::distance(begin(all), end(all)));
}

int Server::open_fds() const {
  std::error_code gone;
  const std::filesystem::directory_iterator all(proc("fd"), gone);
  return gone ? 0 : static_cast<int>(std::distance(begin(all), end(all)));
}

// The state follows the name in brackets.
bool Server::is_asleep() const {
  std::ifstream file(proc("stat"));
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  return name_end != std::string::npos && text.size() > name_end + 2 &&
         text[name_end + 2] == 'S';
}

// How often it has gone to sleep.
int Server::sleeps() const {
  std::ifstream file(proc("status"));
  int count = -1;
  for (std::string line; std::getline(file, line);) {
    if (std::sscanf(line.c_str(), "voluntary_ctxt_switches: %d", &count) == 1)
      break;
  }
  return count;
}

// A wait with a limit of some milliseconds looks like a sleep, for a moment.
bool Server::falls_asleep() const {
  return eventually([this] {
    const int before = sleeps();
    for (int look = 0; look < 15; ++look) {
      if (!is_asleep()) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return is_asleep() && sleeps() == before;
  });
}

bool Server::comes_to_fds(int wanted) const {
  return eventually([this, wanted] { return open_fds() == wanted; });
}

void Server::stop() const {
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, nullptr, WUNTRACED);
}

void Server::go_on() const {
  ::kill(pid_, SIGCONT);
}
