// SPDX-License-Identifier: Apache-2.0
//
// threads pool-task: the worker pool alone, with two tasks.
// threads waker: a poller alone, and a task that another thread posts.

#include <cstdio>
#include <string_view>
#include <thread>

#include "netpoll/gopool/gopool.h"
#include "netpoll/poller/poller.h"
#include "netpoll/poller/runner.h"

namespace {

// Until the recorder writes a byte to standard input.
void pause_here() {
  static_cast<void>(std::getchar());
}

// Any work.
void small_task() {}

int pool_task() {
  netpoll::GoPool pool;
  for (int i = 0; i < 2; ++i) {
    pause_here();
    if (!pool.go(small_task)) return 1;
  }
  pause_here();
  return 0;
}

int waker() {
  netpoll::InlineRunner runner;
  auto poller = netpoll::Poller::open(runner);
  if (!poller) return 1;
  std::jthread thread([&] { (*poller)->run(); });
  pause_here();
  (*poller)->go(small_task);
  pause_here();
  (*poller)->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "pool-task") return pool_task();
  if (name == "waker") return waker();
  return 2;
}
