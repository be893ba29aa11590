// SPDX-License-Identifier: Apache-2.0
#include "connection/key_chain.h"

#include <cassert>
#include <thread>

namespace netpoll {

bool KeyChain::try_close(ClosedBy by) {
  assert(by != ClosedBy::none);
  ClosedBy expected = ClosedBy::none;
  // release: pairs with the acquire in closed_by(); input that was committed
  // before the close is visible to whoever sees the close.
  return closing_.compare_exchange_strong(
      expected, by, std::memory_order_acq_rel, std::memory_order_acquire);
}

void KeyChain::fail() {
  ClosedBy expected = ClosedBy::peer;
  // As in try_close(). Nothing else follows `peer`, so a failure means that
  // it was closed by the user, or has failed before.
  closing_.compare_exchange_strong(expected, ClosedBy::error,
                                   std::memory_order_acq_rel,
                                   std::memory_order_acquire);
}

ClosedBy KeyChain::closed_by() const {
  // acquire: pairs with the release in try_close() and fail().
  return closing_.load(std::memory_order_acquire);
}

bool KeyChain::try_process() {
  // An exchange even when it is taken: only a write is sure to be read by the
  // exchange in stop_processing(), whose look-again then sees what we brought.
  // acq_rel: pairs with itself and with stop_processing(), both ways.
  return !processing_.exchange(true, std::memory_order_acq_rel);
}

void KeyChain::stop_processing() {
  // acq_rel: pairs with try_process(), both ways. The acquire half takes in
  // what those brought that found the key taken.
  [[maybe_unused]] const bool was =
      processing_.exchange(false, std::memory_order_acq_rel);
  assert(was);
}

bool KeyChain::is_processing() const {
  // acquire: pairs with the release half of stop_processing().
  return processing_.load(std::memory_order_acquire);
}

KeyChain::Flush KeyChain::try_flush() {
  Flush expected = Flush::idle;
  // acquire: pairs with the release in end_flush(), so that this flusher sees
  // the output as the last one left it.
  flushing_.compare_exchange_strong(expected, Flush::busy,
                                    std::memory_order_acquire,
                                    std::memory_order_relaxed);
  return expected;
}

void KeyChain::end_flush() {
  assert(flushing_.load(std::memory_order_relaxed) == Flush::busy);
  // release: pairs with the acquire in try_flush() and in stop_flushing().
  flushing_.store(Flush::idle, std::memory_order_release);
}

void KeyChain::stop_flushing() {
  assert(!is_active());
  Flush expected = Flush::idle;
  // acquire: pairs with the release in end_flush().
  while (!flushing_.compare_exchange_weak(expected, Flush::stopped,
                                          std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
    if (expected == Flush::stopped) return;
    expected = Flush::idle;
    std::this_thread::yield();
  }
}

}  // namespace netpoll
