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
// again. A timer that is set too late is a moment missed, perhaps by an hour. So no
// thread sets it to the one moment that the thread brings; and two threads that
// set it at the same time must not leave the later moment in it.
//
// A template, so that tests/connection/alarm_model_test.cpp can try every
// interleaving. Upstream has no timer for a connection.

namespace netpoll {

/// Calls `set` with what `soonest` returns. Requires: `set` puts its calls into
/// one order, and a call sees what happened before the calls that it follows.
/// [any]
template <class Soonest, class Set>
void set_to_soonest(const Soonest& soonest, const Set& set) {
  // Between the two lines of one round another thread may have stored a sooner
  // moment and set the timer to it; then set(at) has overwritten it. Repeat.
  for (auto at = soonest();;) {
    set(at);
    const auto now = soonest();
    if (now >= at) return;
    at = now;
  }
}

}  // namespace netpoll
