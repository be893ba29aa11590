// SPDX-License-Identifier: Apache-2.0
#pragma once

// The functions of BasicLifecycle. lifecycle.cpp makes the class that ships of
// them, and the model test makes another one.

#include "netpoll/connection/lifecycle.h"

namespace netpoll {

template <class Sync>
void BasicLifecycle<Sync>::prepare(bool greets) {
  // relaxed: Poller::add() follows, and publishes this to the poller.
  state_.fetch_or(greets ? kGreetDue : kGreeted, std::memory_order_relaxed);
}

template <class Sync>
Next BasicLifecycle<Sync>::raise(Bits bits) {
  // release: pairs with the acquire in begin_look(); the holder sees what the
  // caller did before. acquire: pairs with the release in decide(); a caller
  // that gets the key sees what the last holder did.
  const Bits before =
      state_.fetch_or(bits | kNews | kHeld, std::memory_order_acq_rel);
  return (before & kHeld) == 0 ? Next::hold : Next::nothing;
}

template <class Sync>
Next BasicLifecycle<Sync>::input_came() {
  Bits before = state_.load(std::memory_order_relaxed);  // a guess
  Bits after = 0;
  // Without on_request no task is needed, since a reader takes the input.
  // release: pairs with the acquire in begin_look(): the holder's look sees the
  // input. acquire: as in try_hold().
  do {
    after = before | kNews;
    if ((before & kServes) != 0) after |= kHeld;
  } while (!state_.compare_exchange_weak(
      before, after, std::memory_order_acq_rel, std::memory_order_relaxed));
  // When another thread holds the key, it sees kNews before it can give the key
  // back.
  return (after & ~before & kHeld) != 0 ? Next::hold : Next::nothing;
}

template <class Sync>
Next BasicLifecycle<Sync>::peer_ended(ClosedBy by) {
  assert(by == ClosedBy::peer || by == ClosedBy::error);
  const Bits end = by == ClosedBy::peer ? kPeerClosed : kFailed;
  Bits before = state_.load(std::memory_order_relaxed);  // a guess
  Bits after = 0;
  bool tells = false;
  // acquire: pairs with the release in greeted(): on_disconnect sees what
  // on_connect did. No release: the poller called input_came() after each
  // commit, and this exchange passes on what that released. After close() the
  // end is not recorded, but kNews is set and the key taken: the connection may
  // be waiting for output that can no longer be sent.
  do {
    after = before | kNews;
    if ((before & kUserClosed) == 0) after |= end;
    tells = (after & (kPeerClosed | kFailed)) != 0 &&
            (before & kGreeted) != 0 && (before & kTelling) == 0;
    // If on_disconnect is due, told() takes the key after it. Until then
    // nothing can be torn down.
    after |= tells ? kTelling : kHeld;
  } while (!state_.compare_exchange_weak(
      before, after, std::memory_order_acquire, std::memory_order_relaxed));
  if (tells) return Next::tell;
  return (before & kHeld) == 0 ? Next::hold : Next::nothing;
}

template <class Sync>
Next BasicLifecycle<Sync>::handler_replaced(bool serves) {
  if (serves) return raise(kServes | kNewHandler);
  // relaxed: raise() publishes the change.
  state_.fetch_and(~kServes, std::memory_order_relaxed);
  return raise(kNewHandler);
}

template <class Sync>
Next BasicLifecycle<Sync>::user_gone() {
  // release: pairs with the acquire in begin_look(): the holder sees that the
  // Ref is gone. If the peer ends only after this, peer_ended() makes a holder
  // look again.
  const Bits before = state_.fetch_or(kNews, std::memory_order_release);
  // The last Ref delays the tear-down after the peer's FIN, and nothing else.
  if ((before & kPeerClosed) == 0) return Next::nothing;
  return try_hold() ? Next::hold : Next::nothing;
}

template <class Sync>
bool BasicLifecycle<Sync>::try_hold() {
  // acquire: pairs with the release in decide(): the caller sees what the last
  // holder of the key did.
  return (state_.fetch_or(kHeld, std::memory_order_acquire) & kHeld) == 0;
}

template <class Sync>
auto BasicLifecycle<Sync>::begin_look() -> Mark {
  // relaxed: without kNews no event has come since the last look, and what the
  // last look saw is visible to whoever got the key after it.
  Bits now = state_.load(std::memory_order_relaxed);
  if ((now & kNews) != 0) {
    // acquire: pairs with the release in each event. Events whose bits are in
    // the mark are visible to the look that follows; later ones set kNews anew.
    now = state_.fetch_and(~kNews, std::memory_order_acquire) & ~kNews;
  }
  assert((now & kHeld) != 0);
  return {.bits = now, .stopping = (now & kStopping) != 0};
}

template <class Sync>
Next BasicLifecycle<Sync>::decide(const Mark& mark, const Look& look) {
  const Next next = judge(mark.bits, look);
  if (next != Next::nothing) return next;
  // release: pairs with the acquire of the event that takes the key next: the
  // next holder sees what this one did.
  Bits expected = mark.bits;
  const bool given_back = state_.compare_exchange_strong(
      expected, mark.bits & ~kHeld, std::memory_order_release,
      std::memory_order_relaxed);
  return given_back ? Next::nothing : Next::again;
}

template <class Sync>
Next BasicLifecycle<Sync>::greeted() {
  // release: pairs with the acquire in peer_ended(), whose task then sees what
  // on_connect did.
  const Bits before = state_.fetch_or(kGreeted, std::memory_order_release);
  assert((before & kGreetDue) != 0 && (before & kHeld) != 0);
  if ((before & (kPeerClosed | kFailed)) == 0) return Next::nothing;
  // The peer ended during on_connect, so on_disconnect is due. If the socket
  // fails at this moment too, peer_ended() on the poller may find the same. The
  // thread that sets kTelling first has on_disconnect run.
  // relaxed: the bit only says which thread that is; told() publishes the rest.
  const Bits then = state_.fetch_or(kTelling, std::memory_order_relaxed);
  return (then & kTelling) == 0 ? Next::tell : Next::nothing;
}

template <class Sync>
bool BasicLifecycle<Sync>::take_new_handler() {
  if (!has(kNewHandler)) return false;
  // acquire: pairs with the release in handler_replaced(): what its caller did
  // before is visible.
  state_.fetch_and(~kNewHandler, std::memory_order_acquire);
  return true;
}

template <class Sync>
bool BasicLifecycle<Sync>::has(Bits bits) const {
  // relaxed: a bit on its own; nothing is read through it.
  return (state_.load(std::memory_order_relaxed) & bits) != 0;
}

template <class Sync>
ClosedBy BasicLifecycle<Sync>::closed_by() const {
  // acquire: pairs with the release in input_came() and user_closed(). Input
  // that was committed before the peer's end is visible to a reader that sees
  // the end here.
  const Bits now = state_.load(std::memory_order_acquire);
  if ((now & kFailed) != 0) return ClosedBy::error;
  const bool here = (now & kUserClosed) != 0;
  if ((now & kPeerClosed) != 0) return here ? ClosedBy::error : ClosedBy::peer;
  return here ? ClosedBy::user : ClosedBy::none;
}

template <class Sync>
bool BasicLifecycle<Sync>::can_write() const {
  return !has(kUserClosed | kFailed);
}

template <class Sync>
Next BasicLifecycle<Sync>::judge(Bits now, const Look& look) const {
  const bool closed_here = (now & kUserClosed) != 0;
  const bool greets = (now & kGreetDue) != 0 && (now & kGreeted) == 0;
  if (greets && !closed_here) return Next::greet;
  if (look.unsent) return Next::nothing;
  if (has_request(now, look)) return Next::handle;
  if (may_end(now, look)) return Next::tear_down;
  if (look.idle && !closed_here) return Next::close;
  return Next::nothing;
}

template <class Sync>
bool BasicLifecycle<Sync>::has_request(Bits now, const Look& look) const {
  if ((now & kServes) == 0 || (now & kGreeted) == 0) return false;
  if ((now & kUserClosed) != 0 || look.unread == 0) return false;
  return look.arrived != declined_ || (now & kNewHandler) != 0;
}

template <class Sync>
bool BasicLifecycle<Sync>::may_end(Bits now, const Look& look) {
  if ((now & kTelling) != 0 && (now & kTold) == 0) return false;
  if ((now & (kUserClosed | kFailed)) != 0) return true;
  return (now & kPeerClosed) != 0 && !look.held;
}

}  // namespace netpoll
