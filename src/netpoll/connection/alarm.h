// SPDX-License-Identifier: Apache-2.0
#pragma once

// One timer for several moments: it fires at the soonest of them.
//
//    a moment changes, on any thread        the timer fires, on the poller
//
//    store the new moment                   act on the moments that have come
//    set_to_soonest()                       set_to_soonest()
//
// A timer that fires too early does no harm: the poller looks, and sets it
// again. A timer that is set too late is a moment missed, perhaps by an hour.
// So no thread sets the timer to the one moment that it has stored; and two
// threads that set it at the same time must not leave the later moment in it.
//
// A template, so that tests/connection/alarm_model_test.cpp can try every
// interleaving. Upstream has no timer for a connection.

namespace netpoll {

/// Sets a timer to the soonest of several moments: calls `set` with what
/// `soonest` returns, and again when a sooner moment has been stored meanwhile.
/// Requires: the calls of `set` by all threads come in one order, as under a
/// mutex, and each call sees what the callers of earlier ones did before. [any]
template <class Soonest, class Set>
void set_to_soonest(const Soonest& soonest, const Set& set) {
  // Between soonest() and set(at) another thread may have stored a sooner
  // moment and set the timer to it; set(at) has overwritten that. So look again
  // after each set(at), and repeat if there is a sooner moment.
  for (auto at = soonest();;) {
    set(at);
    const auto now = soonest();
    if (now >= at) return;
    at = now;
  }
}

}  // namespace netpoll
