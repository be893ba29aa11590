// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/central.h"

namespace netpoll::mcache {

Central::Central() {
  for (unsigned index = 0; index < kClasses; ++index) {
    lists_.emplace_back(index, budget_);
  }
}

void Central::trim() {
  for (CentralList& list : lists_)
    list.trim();
}

Stats Central::stats() const {
  Stats sum;
  for (const CentralList& list : lists_)
    sum += list.stats();
  return sum;
}

}  // namespace netpoll::mcache
