// SPDX-License-Identifier: Apache-2.0
// Linked with a learner's tests: tells where the program stood when a signal
// ends it, and where each thread stood when it does not end. stacks.py reads it.
//
//     LEARN_STACKS_AFTER=9      seconds until the threads are asked
//
// A line is "@stack THREAD PROGRAM(+0xOFFSET) [0xADDRESS]", one for each frame.
#include <dirent.h>
#include <execinfo.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

constexpr int kFrames = 24;
constexpr int kEnds[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS};

// Only what may be called in a signal handler: no allocation, no stream.
void print_stack() {
  std::array<void*, kFrames> frames{};
  const int count = backtrace(frames.data(), kFrames);
  std::array<char, 32> head{};
  const int length = std::snprintf(head.data(), head.size(), "\n@stack %d\n",
                                   static_cast<int>(gettid()));
  [[maybe_unused]] const ssize_t written =
      write(STDERR_FILENO, head.data(), static_cast<std::size_t>(length));
  backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
  [[maybe_unused]] const ssize_t ended = write(STDERR_FILENO, "@end\n", 5);
}

void on_end(int signal) {
  print_stack();
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void on_asked(int) {
  print_stack();
}

// Each thread prints its own, one after the other. This one does so here: with a
// second handler on top of the first one, the frame that the signal stopped
// would stand deeper in the stack than stacks.py looks for it.
void on_time(int) {
  DIR* const tasks = opendir("/proc/self/task");
  while (const dirent* const task = tasks ? readdir(tasks) : nullptr) {
    const int thread = std::atoi(task->d_name);
    if (thread <= 0)
      continue;
    if (thread == gettid()) {
      print_stack();
      continue;
    }
    syscall(SYS_tgkill, getpid(), thread, SIGUSR2);
    const timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
    nanosleep(&pause, nullptr);
  }
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  sigaction(signal, &action, nullptr);
}

// A stack of its own, for where a function has called itself without end.
[[maybe_unused]] const bool ready = [] {
  static std::array<char, 64 * 1024> room;
  stack_t stack{};
  stack.ss_sp = room.data();
  stack.ss_size = room.size();
  sigaltstack(&stack, nullptr);
  std::array<void*, 1> first{};
  backtrace(first.data(), 1);  // loads what it needs, now and not in a handler
  for (const int signal : kEnds)
    handle(signal, on_end);
  handle(SIGUSR2, on_asked);
  handle(SIGALRM, on_time);
  if (const char* const after = std::getenv("LEARN_STACKS_AFTER"))
    alarm(static_cast<unsigned>(std::atoi(after)));
  return true;
}();

}  // namespace
