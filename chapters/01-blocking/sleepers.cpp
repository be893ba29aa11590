// SPDX-License-Identifier: Apache-2.0
//
// What do 500 threads cost that only sleep? Each waits in read(2) for a byte
// that never comes, as a thread of echo_threads waits for its client. Counted
// by the kernel, in /proc/self.

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Pipe = std::array<int, 2>;  // [0] is for reading, [1] for writing

constexpr int kThreads = 500;

// 8 MiB, what `ulimit -s` says on most systems: so each run shows the same.
void set_stack_size() {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, std::size_t{8} << 20);
  ::pthread_setattr_default_np(&attributes);
}

// The number behind `name` in /proc/self/status; sizes are in kB.
long status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    long value = 0;
    if (word == name + ":" && file >> value) return value;
  }
  return 0;
}

struct Cost {
  long threads = status("Threads");
  long reserved = status("VmSize");  // addresses, in kB
  long touched = status("VmRSS");    // memory, in kB
};

// What follows the task's name in /proc/self/task/ID/stat: "S" is asleep.
bool is_asleep(const std::filesystem::path& task) {
  std::ifstream file(task / "stat");
  std::string text;
  std::getline(file, text);
  const std::size_t end = text.rfind(')');
  return end != std::string::npos && text.size() > end + 2 &&
         text[end + 2] == 'S';
}

int count_asleep() {
  int asleep = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task"))
    asleep += is_asleep(task.path()) ? 1 : 0;
  return asleep;
}

void print(const char* what, long value) {
  std::printf("%-40s %5ld\n", what, value);
}

}  // namespace

int main() {
  set_stack_size();
  Pipe quiet{};
  if (::pipe(quiet.data()) != 0) return 1;
  const Cost before;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&quiet] {
      char byte = 0;
      [[maybe_unused]] const ssize_t got = ::read(quiet[0], &byte, 1);
    });
  }
  for (int tries = 0; count_asleep() < kThreads && tries < 1000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const Cost after;
  print("threads, before", before.threads);
  print("threads, with 500 sleepers", after.threads);
  print("of these asleep", count_asleep());
  const long stack = (after.reserved - before.reserved) / kThreads;
  print("MiB of addresses for each", stack / 1024);
  std::fprintf(stderr, "kB of memory for each, on this run: %ld\n",
               (after.touched - before.touched) / kThreads);
  ::close(quiet[1]);  // every read returns 0: the end
}
