// SPDX-License-Identifier: Apache-2.0
//
// GoPool beside other ways to let a thread run a task, with one worker and with
// two. Read the ratio of two lines of one run.
//
//    GoPool              go(), one task at a time; cap = workers
//    mutex and deque     the same without cleverness: one lock, one condition
//                        variable, threads that are there from the beginning
//    std::async          a thread for each task, at most `workers` at once
//    asio::thread_pool   post() (gopool_asio.cpp)

#include <benchmark/benchmark.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "gopool_tasks.h"
#include "netpoll/gopool/gopool.h"

namespace netpoll::parts {
namespace {

class Ours {
 public:
  explicit Ours(int workers)
      : pool_({.cap = static_cast<std::size_t>(workers)}) {}
  template <class F>
  void submit(F task) {
    // A refused task does not run: the count at the end tells.
    static_cast<void>(pool_.go(task));
  }

 private:
  GoPool pool_;
};

class MutexAndDeque {
 public:
  explicit MutexAndDeque(int workers) {
    for (int worker = 0; worker < workers; ++worker)
      threads_.emplace_back([this] { work(); });
  }
  ~MutexAndDeque() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
      thread.join();
  }
  MutexAndDeque(const MutexAndDeque&) = delete;
  MutexAndDeque& operator=(const MutexAndDeque&) = delete;

  template <class F>
  void submit(F task) {
    {
      const std::lock_guard lock(mutex_);
      queue_.emplace_back(task);
    }
    changed_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return over_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const std::function<void()> task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

class Async {
 public:
  explicit Async(int workers) : running_(static_cast<std::size_t>(workers)) {}
  template <class F>
  void submit(F task) {
    std::future<void>& place = running_[next_++ % running_.size()];
    if (place.valid()) place.get();
    place = std::async(std::launch::async, task);
  }

 private:
  // The destructor of each waits for its thread.
  std::vector<std::future<void>> running_;
  std::size_t next_ = 0;
};

void workers(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(1)->Arg(2)->UseRealTime();
}

BENCHMARK(tasks<Ours>)->Name("tasks/GoPool")->Apply(workers);
BENCHMARK(tasks<MutexAndDeque>)->Name("tasks/mutex and deque")->Apply(workers);
BENCHMARK(tasks<Async>)->Name("tasks/std::async")->Apply(workers);

}  // namespace
}  // namespace netpoll::parts
