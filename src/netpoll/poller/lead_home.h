// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the two threads of a poller wait for each other: the one inside run(),
// which is at home here, and its relief.
//
//    thread of run()                           relief
//
//                                              sleep(): looks now and then
//    runs a task; the task will wait: call() ----> wakes at once
//          or it only takes long                   finds the task still running
//                                              takes the lead, makes turns
//    the task is over: take()
//      is_wanted() = true, rings the Waker ------> its turn ends
//      sleeps until the lead is free  <----------- give_up()

#include <atomic>
#include <chrono>
#include <condition_variable>

#include "netpoll/base/mutex.h"
#include "netpoll/poller/lead.h"
#include "netpoll/poller/waker.h"

namespace netpoll {

class LeadHome {
 public:
  /// Takes the lead; waits until the relief, if it has the lead, gives it up.
  /// [the thread of run()]
  void take(Lead& lead, Waker& waker);
  /// Gives the lead up, and wakes the thread of run() if it waits. [leader]
  void give_up(Lead& lead);
  /// The thread of run() waits for the lead. [any]
  bool is_wanted() const {
    // relaxed: a leader that reads an old value makes one turn more, for which
    // take() rings. Everything else is under the mutex.
    return wanted_.load(std::memory_order_relaxed);
  }

  /// Makes sleep() return `task`, from which the relief is to take the lead. 0:
  /// makes it return. [any]
  void call(Lead::Word task);
  /// Sleeps until call(), `pause` at most. Returns the task of the last call()
  /// that was not answered yet, or 0. [relief]
  [[nodiscard]] Lead::Word sleep(std::chrono::milliseconds pause);

 private:
  Mutex mutex_;
  std::condition_variable lead_is_free_;
  std::condition_variable called_;
  std::atomic<bool> wanted_{false};  // written under mutex_
  bool is_called_ NETPOLL_GUARDED_BY(mutex_) = false;
  Lead::Word slow_ NETPOLL_GUARDED_BY(mutex_) = 0;  // the task of that call
};

}  // namespace netpoll
