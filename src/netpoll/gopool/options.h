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
  /// The pool's name in log lines. Its first 15 bytes are the system's name of
  /// each worker's thread.
  std::string name = "gopool";
  /// The largest number of workers, busy or sleeping. 0 means 1.
  std::size_t cap = 10'000;
  /// How many tasks must be queued, with no worker idle, before one more worker
  /// is started. While no worker lives, one task is enough.
  std::size_t scale_threshold = 1;
  /// How long a worker sleeps without a task before it ends its thread, unless
  /// min_idle keeps it. Must not be negative.
  std::chrono::nanoseconds keep_alive = std::chrono::seconds(10);
  /// This many sleeping workers do not end, however long they sleep. The pool
  /// does not start a worker to reach this number.
  std::size_t min_idle = 1;
  /// Receives what a task or before_sleep threw. Runs on the thread of the
  /// worker that caught it, so several workers may call it at once. If on_panic
  /// itself throws, the process ends. Unset: the pool writes one line to the
  /// log. Unlike upstream, where netpoll has no function to set such a handler,
  /// and its pool always writes that line: internal/runner/runner.go:30
  /// (RunTask).
  std::function<void(std::exception_ptr)> on_panic = nullptr;
  /// Starts a thread that runs `body`, and returns that thread, joinable. An
  /// exception means that no thread could be started. May call the pool, except
  /// stop(); a go() that it calls while no worker lives returns false. Must not
  /// wait for another thread that calls go(). The pool calls it on workers and
  /// on any thread that calls go(), but never twice at the same time. Unset:
  /// the pool uses the constructor of std::thread.
  std::function<std::thread(Task body)> start_thread = nullptr;
  /// Each worker that finds no task calls this function on its own thread
  /// before it sleeps, so several workers may call it at once. A worker that
  /// gets a task meanwhile runs the task only after the call, so the call
  /// should be short. May call the pool, except stop(). What it throws goes to
  /// on_panic. Unset: nothing is called.
  std::function<void()> before_sleep = nullptr;
};

}  // namespace netpoll
