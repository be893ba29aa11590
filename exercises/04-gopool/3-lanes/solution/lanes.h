// SPDX-License-Identifier: Apache-2.0
#pragma once

// At most so many tasks of one kind run at the same time, on a pool that they
// share with everybody.
//
//    go("db", task)                                      at_most = 2
//        |
//        v              "db"      [ t5 t4 t3 ] --> place --> a worker: t1
//     its lane                                     place --> a worker: t2
//                       "file"    [ ]          --> place --> a worker: t6
//                                                  place
//
// A task waits in its lane, and not on a worker. A place is taken from the
// moment at which the pool is asked for a worker until a task has ended and no
// other one waits; so the workers of a kind are as many as its places.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <string>

#include "netpoll/base/mutex.h"
#include "netpoll/base/thread_annotations.h"
#include "netpoll/gopool/gopool.h"

class Lanes {
 public:
  /// Tasks run on `pool`, at most `at_most` of each kind at the same time.
  /// Requires: at_most > 0, and the pool outlives this object.
  Lanes(netpoll::GoPool& pool, std::size_t at_most);
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;
  /// Waits until all tasks have run. Tasks that the pool refused, and for which
  /// nobody has asked it again, are destroyed.
  ~Lanes();

  /// Lets a worker of the pool run `task` as soon as fewer than `at_most` tasks
  /// of this kind run; those of one kind begin in the order in which they came.
  /// Never waits, and never runs a task on the caller's thread. If the pool
  /// refuses, the task waits for the next go() of its kind. [any]
  void go(const std::string& kind, netpoll::Task&& task);

  /// How many tasks of this kind run, or are on their way to a worker. [any]
  std::size_t running(const std::string& kind) const;
  /// How many tasks of this kind wait in the lane. [any]
  std::size_t waiting(const std::string& kind) const;
  /// How many kinds have a task that runs or waits. [any]
  std::size_t kinds() const;

 private:
  struct Lane {
    std::size_t places = 0;  // taken ones
    std::deque<netpoll::Task> waiting;
  };
  // A kind and its lane. It stays where it is as long as it has a taken place.
  using Place = std::map<std::string, Lane>::iterator;

  void work(Place at);
  netpoll::Task take(Place at);
  bool leave(Place at);
  void give_back(Place at) NETPOLL_REQUIRES(mutex_);

  netpoll::GoPool& pool_;
  const std::size_t at_most_;
  mutable netpoll::Mutex mutex_;
  std::map<std::string, Lane> lanes_ NETPOLL_GUARDED_BY(mutex_);
  std::size_t places_ NETPOLL_GUARDED_BY(mutex_) = 0;  // of all lanes
  std::condition_variable quiet_;                      // places_ became 0
};
