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
  /// With an empty list for every class. [init]
  Central();

  /// The list of class `index`; lives as long as the Central. Requires:
  /// index < kClasses. [any]
  CentralList& operator[](unsigned index) {
    assert(index < lists_.size());
    return lists_[index];
  }

  /// One tick for every list. [any]
  void trim();

  /// The sum over all lists. [any]
  Stats stats() const;

 private:
  Budget budget_{kCentralTotalMax};  // of all lists together
  // Constant after construction. A deque, since a vector may move its elements,
  // and a list cannot be moved: it has a mutex inside.
  std::deque<CentralList> lists_;
};

}  // namespace netpoll::mcache
