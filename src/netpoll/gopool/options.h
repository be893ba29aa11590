// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a GoPool behaves: its size, how long its threads stay, and the functions
// of the user that it calls. The pool holds no lock while it calls one of them.

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <thread>

#include "netpoll/gopool/task.h"

namespace netpoll {

struct GoPoolOptions {
  /// Appears in log lines; its first 15 bytes are the name of each thread.
  std::string name = "gopool";
  /// The largest number of workers. With 0 there is still one.
  std::size_t cap = 10'000;
  /// How many tasks must wait before one more worker is started for them.
  std::size_t scale_threshold = 1;
  /// How long a worker sleeps before it ends its thread. Not negative.
  std::chrono::nanoseconds keep_alive = std::chrono::seconds(10);
  /// This many sleeping workers do not end, however long they sleep. The pool
  /// does not start a worker to reach this number.
  std::size_t min_idle = 1;
  /// Receives what a task or before_sleep threw, on the thread of the worker,
  /// so on several threads at once. If on_panic itself throws, the process
  /// ends. Unset: the pool writes one line to the log. Unlike upstream, where
  /// the pool writes that line as well, but netpoll has no function that sets a
  /// handler: internal/runner/runner.go:30 (RunTask).
  std::function<void(std::exception_ptr)> on_panic = nullptr;
  /// Starts a thread that runs `body`, and returns that thread, joinable. What
  /// it throws means that no thread could be started. May call the pool, except
  /// stop(); a go() that it calls while no worker lives returns false. Must not
  /// wait for another thread that calls go(). Calls do not overlap, but may
  /// come from any thread that calls go() and from workers. Unset: the
  /// constructor of std::thread.
  std::function<std::thread(Task body)> start_thread = nullptr;
  /// Called by each worker that finds no task, on its own thread, before it
  /// sleeps; so on several threads at once. A worker that is woken meanwhile
  /// works after the call, so it should be short. May call the pool, except
  /// stop(). What it throws goes to on_panic. Unset: nothing is called.
  std::function<void()> before_sleep = nullptr;
};

}  // namespace netpoll
