// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small programs with known outcomes: what the explorer's own tests share.

#include <set>
#include <string>
#include <vector>

#include "model/explorer.h"

namespace netpoll::model {

inline constexpr auto kRelaxed = std::memory_order_relaxed;
inline constexpr auto kAcquire = std::memory_order_acquire;
inline constexpr auto kRelease = std::memory_order_release;
inline constexpr auto kAcqRel = std::memory_order_acq_rel;

// Two words, and what up to four loads found.
struct World {
  Atomic<int> x{0};
  Atomic<int> y{0};
  Var<int> data{0};
  Var<int> a{-1}, b{-1}, c{-1}, d{-1};

  std::string found() const {
    std::string all;
    for (const Var<int>* var : {&a, &b, &c, &d})
      if (var->get() >= 0) all += std::to_string(var->get());
    return all;
  }
};

using Threads = std::vector<Step<World>>;

struct Seen {
  std::set<std::string> outcomes;
  Report report;
};

inline Seen all_outcomes(const Threads& threads, const Options& options = {}) {
  Seen seen;
  seen.report = explore<World>(
      threads, [&seen](World& w) { seen.outcomes.insert(w.found()); }, options);
  return seen;
}

using Outcomes = std::set<std::string>;

// Says something, then raises a flag; the other reads the flag, then the rest.
inline Report message(std::memory_order raise, std::memory_order look) {
  return explore<World>({[raise](World& w) {
                           w.data.set(1);
                           w.x.store(1, raise);
                         },
                         [look](World& w) {
                           if (w.x.load(look) == 1) w.data.get();
                         }});
}

}  // namespace netpoll::model
