// SPDX-License-Identifier: Apache-2.0
//
// A poller with an own_time runs the tasks of its events itself, and has a
// second thread, its relief. Who makes the poller's turns before a task, while
// the task blocks, and after it?
//
// home: the thread inside Poller::run(). relief: the one in Poller::relieve().

#include <sys/eventfd.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>

#include "netpoll/gopool/gopool.h"
#include "netpoll/os/eventfd.h"
#include "netpoll/poller/poller.h"

namespace {

using netpoll::Poller;

// An event that the program raises by ring(); the poller then calls `action`.
struct Event final : netpoll::FdOperator {
  Event(netpoll::UniqueFd fd, std::function<void()> wanted)
      : FdOperator(fd.get()), event(std::move(fd)), action(std::move(wanted)) {}
  void ring() const { ::eventfd_write(fd(), 1); }
  void on_readable() override {
    eventfd_t count = 0;
    ::eventfd_read(fd(), &count);
    action();
  }
  void on_writable() override {}
  void on_hangup() override {}
  const netpoll::UniqueFd event;
  const std::function<void()> action;
};

netpoll::Ref<Event> watch(Poller& poller, std::function<void()> action) {
  auto event =
      netpoll::make_ref<Event>(*netpoll::os::open_eventfd(), std::move(action));
  static_cast<void>(poller.add(*event));
  return event;
}

}  // namespace

int main() {
  netpoll::GoPool pool;
  netpoll::PoolRunner runner(pool);
  const std::unique_ptr<Poller> poller =
      *Poller::open(runner, nullptr, {}, std::chrono::microseconds(30));
  std::binary_semaphore over(0);
  std::binary_semaphore begun(0);
  std::binary_semaphore let_go(0);
  std::jthread home([&] { poller->run(); });
  std::jthread relief([&] { poller->relieve(); });
  const auto here = [&] { return poller->is_home() ? "home" : "relief"; };

  std::string leader;
  const auto event = watch(*poller, [&] {
    leader = here();
    over.release();
  });
  // Which thread makes the turn that finds the next event.
  const auto ask = [&] {
    event->ring();
    over.acquire();
    return leader;
  };
  const auto slow = watch(*poller, [&] {
    poller->defer([&] {
      std::printf("the task runs on:               %s\n", here());
      begun.release();
      let_go.acquire();
    });
  });

  std::printf("before the task, a turn is by:  %s\n", ask().c_str());
  slow->ring();
  begun.acquire();
  std::printf("while it runs, a turn is by:    %s\n", ask().c_str());
  let_go.release();
  while (ask() != "home")
    std::this_thread::yield();
  std::printf("after it, a turn is by:         %s\n", leader.c_str());

  poller->detach(*event);
  poller->detach(*slow);
  poller->stop();
}
