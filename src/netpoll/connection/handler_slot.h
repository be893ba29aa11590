// SPDX-License-Identifier: Apache-2.0
#pragma once

// One handler of a connection, which may be replaced while it runs.
//
//    any thread: set(next) --> next_
//    its caller: get()     <-- next_ becomes current, between two calls
//
// Unlike upstream, whose running task keeps the handler it began with, so that
// one set in on_connect is never called (connection_onevent.go:180, #421).

#include <atomic>
#include <memory>
#include <utility>

#include "netpoll/connection/handlers.h"

namespace netpoll {

class HandlerSlot {
 public:
  /// `first` must outlive this, or be replaced before it goes.
  explicit HandlerSlot(const Handler& first)
      : current_(&first), is_set_(first != nullptr) {}
  HandlerSlot(const HandlerSlot&) = delete;
  HandlerSlot& operator=(const HandlerSlot&) = delete;
  // relaxed: whoever destroys it is alone.
  ~HandlerSlot() { delete next_.load(std::memory_order_relaxed); }

  /// From the next call on, `next` is called; an empty one is ignored. [any]
  void set(Handler next) {
    if (!next) return;
    // acq_rel: pairs with itself, with get() and with has_new().
    const std::unique_ptr<const Handler> passed_over(next_.exchange(
        new Handler(std::move(next)), std::memory_order_acq_rel));
    // release: pairs with the acquire in is_set().
    is_set_.store(true, std::memory_order_release);
  }
  /// There is one. [any]
  bool is_set() const {
    // acquire: pairs with the release in set(), so that get() finds it.
    return is_set_.load(std::memory_order_acquire);
  }
  /// There is one that get() has not returned yet. Whoever sets one after a
  /// "no" sees all that the caller did before. [any]
  bool has_new() {
    const Handler* none = nullptr;
    // A write, so that the exchange in set() reads it if it comes later.
    // acq_rel: pairs with that exchange, both ways.
    return !next_.compare_exchange_strong(
        none, nullptr, std::memory_order_acq_rel, std::memory_order_acquire);
  }
  /// The one to call now; good until the next get(). [one thread at a time]
  const Handler& get() {
    // relaxed: spares the exchange, which looks again.
    if (next_.load(std::memory_order_relaxed) != nullptr) {
      // acquire: pairs with the release half in set().
      own_.reset(next_.exchange(nullptr, std::memory_order_acquire));
      current_ = own_.get();
    }
    return *current_;
  }

 private:
  std::atomic<const Handler*> next_{nullptr};  // newer than current_, or null

  // Written by the caller of get() alone.
  std::unique_ptr<const Handler> own_;
  const Handler* current_;

  std::atomic<bool> is_set_;
};

}  // namespace netpoll
