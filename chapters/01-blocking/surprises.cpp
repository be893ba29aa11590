// SPDX-License-Identifier: Apache-2.0
//
// Four surprises: a send that takes a part, a call that a signal interrupts, a
// signal that ends the process, a descriptor that another program inherits.

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

using Pair = std::array<int, 2>;  // two sockets, each the peer of the other

Pair connected() {
  Pair ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) ::_exit(1);
  return ends;
}

void print(const char* what, const char* outcome) {
  std::printf("%-36s %s\n", what, outcome);
}

// MSG_DONTWAIT: take what fits, do not wait for the rest.
void send_much() {
  const Pair ends = connected();
  const std::vector<char> much(8 << 20);
  const ssize_t took = ::send(ends[0], much.data(), much.size(), MSG_DONTWAIT);
  const bool part = 0 < took && took < ssize_t{8 << 20};
  print("send 8 MiB, nobody reads", part ? "takes a part" : "takes all");
}

void read_during_a_signal() {
  struct sigaction action{};
  action.sa_handler = [](int) {};  // and no SA_RESTART in sa_flags
  ::sigaction(SIGUSR1, &action, nullptr);
  const Pair ends = connected();
  const pthread_t reader = ::pthread_self();
  const std::jthread other([reader](const std::stop_token& stop) {
    while (!stop.stop_requested()) {  // one may come before the read begins
      ::pthread_kill(reader, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  char byte = 0;
  const bool failed = ::read(ends[1], &byte, 1) < 0;
  const bool interrupted = failed && errno == EINTR;
  print("read, and a signal comes", interrupted ? "EINTR" : "it waits on");
}

// The status with which a child process ends, by waitpid(2).
template <class Body>
int status_of_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

void send_to_nobody(const char* what, int flags) {
  const int status = status_of_child([flags] {
    const Pair ends = connected();
    ::close(ends[1]);
    return ::send(ends[0], "x", 1, flags) < 0 && errno == EPIPE ? EPIPE : 0;
  });
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE;
  const bool told = WIFEXITED(status) && WEXITSTATUS(status) == EPIPE;
  print(what, killed ? "SIGPIPE ends the process" : told ? "EPIPE" : "sent");
}

void start_a_program(const char* what, int flags) {
  const int fd = ::open("/dev/null", O_RDONLY | flags);
  const std::string look = "test -e /proc/self/fd/" + std::to_string(fd);
  const int status = status_of_child([&look] {
    return ::execl("/bin/sh", "sh", "-c", look.c_str(), nullptr);
  });
  print(what, status == 0 ? "it has our descriptor" : "it has not");
}

}  // namespace

int main() {
  send_much();
  read_during_a_signal();
  send_to_nobody("send to a peer that has gone", 0);
  send_to_nobody("the same with MSG_NOSIGNAL", MSG_NOSIGNAL);
  start_a_program("start a program", 0);
  start_a_program("the same with O_CLOEXEC", O_CLOEXEC);
}
