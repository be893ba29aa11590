// SPDX-License-Identifier: Apache-2.0
#include "poller/fd_operator.h"

#include <cassert>
#include <thread>

namespace netpoll {

bool FdOperator::begin() {
  State expected = State::unused;
  // release: pairs with the acquire in enter(), so that the poller sees the
  // object as it was when it was added.
  return state_.compare_exchange_strong(expected, State::watched,
                                        std::memory_order_release,
                                        std::memory_order_relaxed);
}

bool FdOperator::enter() {
  State expected = State::watched;
  // acquire: pairs with the release in begin() and in the last leave().
  return state_.compare_exchange_strong(expected, State::busy,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed);
}

void FdOperator::leave() {
  State now = State::busy;
  // release: pairs with the acquire in detach(); whoever detaches sees all
  // that the poller did inside.
  if (state_.compare_exchange_strong(now, State::watched,
                                     std::memory_order_release,
                                     std::memory_order_relaxed)) {
    return;
  }
  assert(now == State::leaving);  // only the poller itself can have changed it
  state_.store(State::detached, std::memory_order_release);  // as above
}

void FdOperator::detach(bool inside) {
  // acquire, here and below: pairs with the release in leave().
  State now = state_.load(std::memory_order_acquire);
  while (now != State::detached) {
    const bool entered = now == State::busy || now == State::leaving;
    if (entered && !inside) {
      // The poller never blocks inside an operator, so this is short.
      std::this_thread::yield();
      now = state_.load(std::memory_order_acquire);
      continue;
    }
    const State next = entered ? State::leaving : State::detached;
    if (state_.compare_exchange_weak(now, next, std::memory_order_acquire,
                                     std::memory_order_acquire)) {
      return;
    }
  }
}

}  // namespace netpoll
