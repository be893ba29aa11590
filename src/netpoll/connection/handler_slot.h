// SPDX-License-Identifier: Apache-2.0
#pragma once

// One handler of a connection, which may be replaced while it runs.
//
//    any thread: set(next)  --> own_->next
//    caller:     newest()   <-- own_->next becomes the current handler
//
// A handler is never destroyed while it runs: set() puts the new one aside, and
// newest(), which the handler's only caller uses between two calls, makes it
// the current one. The slot is guarded by the mutex that set(), is_set() and
// newest() are given; a handler is destroyed after that mutex is unlocked.
// Unlike upstream, whose running task keeps the handler that it began with: one
// that on_connect sets while input arrives is not called for that input:
// connection.onProcess, connection_onevent.go:180; #421.

#include <memory>
#include <utility>

#include "netpoll/base/mutex.h"
#include "netpoll/connection/handlers.h"

namespace netpoll {

class HandlerSlot {
 public:
  /// A slot whose handler is `first` until set() is called. `first` must
  /// outlive the slot. [init]
  explicit HandlerSlot(const Handler& first) : current_(&first) {}
  HandlerSlot(const HandlerSlot&) = delete;
  HandlerSlot& operator=(const HandlerSlot&) = delete;

  /// Makes `next`, which may be empty, the handler that the next newest()
  /// returns. Returns true when `next` is not empty. Requires: all calls of one
  /// slot are given the same `mutex`. [any]
  bool set(Mutex& mutex, Handler next) {
    const bool is_set = next != nullptr;
    auto newer = std::make_unique<const Handler>(std::move(next));
    const Lock lock(mutex);
    if (own_ == nullptr) own_ = std::make_unique<Own>();
    own_->next.swap(newer);  // an unused older one goes after the lock
    return is_set;
  }
  /// Returns true when the handler that the next newest() returns is not empty.
  /// [any]
  bool is_set(Mutex& mutex) const {
    const Lock lock(mutex);
    return *(next() != nullptr ? next() : current_) != nullptr;
  }
  /// set() was called since the last newest(). [any]
  bool has_next(Mutex& mutex) const {
    const Lock lock(mutex);
    return next() != nullptr;
  }
  /// Makes the handler that was set last the current one, and returns it. It is
  /// valid until the next newest(). [the one thread that calls the handler]
  const Handler& newest(Mutex& mutex) {
    std::unique_ptr<const Handler> replaced;  // destroyed after the unlock
    const Lock lock(mutex);
    if (next() == nullptr) return *current_;
    current_ = own_->next.get();
    replaced = std::exchange(own_->current, std::move(own_->next));
    return *current_;
  }

 private:
  // The handlers that set() was given. Allocated by the first set(): most
  // connections never call it, and need only one pointer for this.
  struct Own {
    std::unique_ptr<const Handler> current;  // null: `first` is current
    std::unique_ptr<const Handler> next;     // set, but not current yet
  };

  // The handler that was set and is not current yet, or null. Under the mutex.
  const Handler* next() const {
    return own_ == nullptr ? nullptr : own_->next.get();
  }

  const Handler* current_;
  std::unique_ptr<Own> own_;
};

}  // namespace netpoll
