// SPDX-License-Identifier: Apache-2.0
#pragma once

// The central lists of all classes.
//
//    [0] 1 B    [1] 2 B    [2] 4 B   ...   [23] 8 MiB
//     list       list       list            list         each with its mutex
//
// The program has one (mcache.cpp); tests make their own.
// Upstream: the array of pools in gopkg lang/mcache/mcache.go:24.

#include <cassert>
#include <deque>

#include "netpoll/mcache/central_list.h"
#include "netpoll/mcache/mcache.h"

namespace netpoll::mcache {

class Central {
 public:
  /// With an empty list for every class.
  Central();

  /// The list of class `index`. Requires: index < kClasses. [any]
  CentralList& operator[](unsigned index) {
    assert(index < lists_.size());
    return lists_[index];
  }

  /// One tick for every list. [any]
  void trim();

  /// The sum over all lists. [any]
  Stats stats() const;

 private:
  // Constant after construction. A deque, since a list with a mutex inside
  // cannot move, as a vector would ask of it.
  std::deque<CentralList> lists_;
};

}  // namespace netpoll::mcache
