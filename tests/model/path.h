// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way through the tree of all executions: one fork for each decision.
//
//                   fork 0: who moves?            taken 1 of 2
//                  /      \                                              .
//                 .     fork 1: which value?      taken 0 of 3
//                      /    |    \                                       .
//                     .     .     .
//
// An execution follows the forks it knows and takes the first branch of those
// that are new. advance() then turns the last fork that still has a branch, and
// cuts what comes after: depth first, and nothing but one path in memory.

#include <cassert>
#include <cstddef>
#include <vector>

namespace netpoll::model {

class Path {
 public:
  /// Back to the root, for the next execution.
  void rewind() { depth_ = 0; }

  /// The branch to take at this decision, of `count`.
  std::size_t choose(std::size_t count) {
    assert(count > 0);
    if (count == 1) return 0;
    if (depth_ == forks_.size()) forks_.push_back({0, count});
    const Fork& fork = forks_[depth_++];
    assert(fork.count == count);  // else the program is not deterministic
    return fork.taken;
  }

  /// To the next execution; false when all are done.
  bool advance() {
    while (!forks_.empty() && ++forks_.back().taken == forks_.back().count)
      forks_.pop_back();
    return !forks_.empty();
  }

 private:
  struct Fork {
    std::size_t taken;
    std::size_t count;
  };
  std::vector<Fork> forks_;
  std::size_t depth_ = 0;
};

}  // namespace netpoll::model
