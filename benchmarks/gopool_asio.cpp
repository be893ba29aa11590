// SPDX-License-Identifier: Apache-2.0
//
// asio::thread_pool: post() queues the task, as many threads as workers.

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include "gopool_tasks.h"

namespace netpoll::parts {
namespace {

class ThreadPool {
 public:
  explicit ThreadPool(int workers) : pool_(static_cast<std::size_t>(workers)) {}
  ~ThreadPool() { pool_.join(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  template <class F>
  void submit(F task) {
    asio::post(pool_, task);
  }

 private:
  asio::thread_pool pool_;
};

BENCHMARK(tasks<ThreadPool>)
    ->Name("tasks/asio::thread_pool")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime();

}  // namespace
}  // namespace netpoll::parts
