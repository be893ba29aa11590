// SPDX-License-Identifier: Apache-2.0
#pragma once

// A moment until which a call may wait.
//
//    Deadline::min() ...... now ...... now + length ...... kNever
//    every wait is over      |                             no limit
//
// A moment that the clock cannot name becomes the nearest end of this line.
// Upstream: time.Time, whose zero value means "no deadline".

#include <cassert>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <ratio>
#include <utility>

namespace netpoll {

/// A moment of the steady clock. A change of the system's date does not move
/// it.
using Deadline = std::chrono::steady_clock::time_point;

/// The last moment of the clock. As a deadline it means "no limit".
inline constexpr Deadline kNever = Deadline::max();

/// The moment `length` from now. A negative `length` gives a moment in the
/// past. Guarantees: a moment after the clock's last one becomes kNever, and a
/// moment before its first one becomes Deadline::min(). [any]
template <std::integral Rep, class Period>
Deadline deadline_after(std::chrono::duration<Rep, Period> length) {
  static_assert(std::ratio_divide<Period, std::nano>::den == 1,
                "the clock counts whole nanoseconds");
  using Length = std::chrono::duration<std::int64_t, Period>;
  const Deadline now = Deadline::clock::now();
  assert(now.time_since_epoch().count() >= 0);
  // Both limits are in the unit of `length`, so that no comparison turns
  // `length` into nanoseconds: a number of hours may not fit into 64 bits then.
  // A `length` between the limits can be added to `now`, because `now` is not
  // negative.
  const auto longest = std::chrono::floor<Length>(kNever - now);
  const auto shortest = std::chrono::ceil<Length>(Deadline::duration::min());
  if (std::cmp_greater_equal(length.count(), longest.count())) return kNever;
  if (std::cmp_less(length.count(), shortest.count())) return Deadline::min();
  return now + Length(static_cast<std::int64_t>(length.count()));
}

/// The moment at which a wait with this timeout ends. A timeout of 0 or less
/// means "no limit" and gives kNever. [any]
inline Deadline deadline_of(std::chrono::milliseconds timeout) {
  return timeout.count() > 0 ? deadline_after(timeout) : kNever;
}

}  // namespace netpoll
