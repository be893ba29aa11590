// SPDX-License-Identifier: Apache-2.0
//
// How another thread gets work into a poller, and what that costs. The poller
// is kept inside one task while tasks are posted to it. Then it is let go, and
// each task notes in which turn it ran.
//
// counter: what the kernel keeps in the poller's eventfd just before the poller
// is let go. Each write adds 1 to it, and read() takes all of it.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <semaphore>
#include <set>
#include <string>
#include <thread>

#include "netpoll/poller/poller.h"

namespace {

using netpoll::Poller;

// The counter of the one eventfd of this process, as /proc tells it; -1 if
// there is none.
int eventfd_counter() {
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (read_symlink(fd, gone) != "anon_inode:[eventfd]") continue;
    std::ifstream info("/proc/self/fdinfo/" + fd.path().filename().string());
    for (std::string word; info >> word;) {
      if (word != "eventfd-count:") continue;
      info >> word;
      return std::stoi(word, nullptr, 16);
    }
  }
  return -1;
}

// What the tasks of one row have noted. Only the poller's thread writes it.
struct Row {
  std::set<std::uint64_t> turns;
  std::set<std::thread::id> threads;
};

// Posts `count` tasks to the poller, from inside the poller's own thread or
// from this one, and prints what came of it.
void post(Poller& poller, int count, bool from_poller) {
  Row row;
  std::counting_semaphore inside(0);
  std::counting_semaphore let_go(0);
  static std::counting_semaphore over(0);  // released last: outlives this call
  int left = count;
  const auto post_all = [&] {
    for (int i = 0; i < count; ++i) {
      poller.go([&] {
        row.turns.insert(poller.turns());
        row.threads.insert(std::this_thread::get_id());
        if (--left == 0) over.release();
      });
    }
  };
  poller.go([&] {
    if (from_poller) post_all();
    inside.release();
    let_go.acquire();
  });
  inside.acquire();
  if (!from_poller) post_all();
  const int counter = eventfd_counter();
  let_go.release();
  over.acquire();
  std::printf("%-14s %6d %9d %14zu %9zu\n",
              from_poller ? "the poller" : "another thread", count, counter,
              row.turns.size(), row.threads.size());
}

}  // namespace

int main() {
  netpoll::InlineRunner runner;  // tasks run on the poller's thread
  const std::unique_ptr<Poller> poller = *Poller::open(runner);
  std::jthread thread([&] { poller->run(); });
  std::puts("posted by       tasks   counter   ran in turns   threads");
  for (const int count : {1, 100, 10'000})
    post(*poller, count, false);
  post(*poller, 100, true);
  poller->stop();
}
