// SPDX-License-Identifier: Apache-2.0
#pragma once

// The central lists of all classes.
//
//    [0] 1 B    [1] 2 B    [2] 4 B   ...   [23] 8 MiB
//     list       list       list            list         each with its mutex
//       \          \          |              /
//        `----------`---- one Budget -------'            bytes of all lists
//
// The program has one (mcache.cpp); tests make their own.
// Upstream: gopkg lang/mcache/mcache.go:27 (caches), an array of pools.

#include <cassert>
#include <deque>

#include "netpoll/mcache/budget.h"
#include "netpoll/mcache/central_list.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {

class Central {
 public:
  /// Makes an empty central list for every size class. [init]
  Central();

  /// The central list of size class `index`. The list lives as long as this
  /// Central. Requires: index < kClasses. [any]
  CentralList& operator[](unsigned index) {
    assert(index < lists_.size());
    return lists_[index];
  }

  /// Calls CentralList::trim() for every class: a free block goes back to the
  /// system in the second call after it came to its list, unless a thread takes
  /// it before. [any]
  void trim();

  /// The figures of the lists of all classes, added up. As in
  /// CentralList::stats(), in_use_bytes counts the free blocks in the threads'
  /// caches too. [any]
  Stats stats() const;

 private:
  Budget budget_{kCentralTotalMax};  // bounds all lists together
  // One list for each size class; none is added or removed after construction.
  // A deque and not a vector: a vector may move its elements, and a CentralList
  // cannot be moved, since it holds a mutex.
  std::deque<CentralList> lists_;
};

}  // namespace netpoll::mcache
