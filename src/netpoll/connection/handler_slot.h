// SPDX-License-Identifier: Apache-2.0
#pragma once

// One handler of a connection, which may be replaced while it runs.
//
//    any thread: set(next) --> next_
//    caller:     get()     <-- next_ becomes the current handler
//
// A handler that runs is never destroyed under its own feet: set() puts the new
// one aside, and newest(), which the handler's only caller uses between two
// calls, makes it the current one. The slot's words are guarded by the mutex
// that both get; a handler is destroyed after that mutex is unlocked.
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
  /// `first` must outlive this slot.
  explicit HandlerSlot(const Handler& first) : current_(&first) {}
  HandlerSlot(const HandlerSlot&) = delete;
  HandlerSlot& operator=(const HandlerSlot&) = delete;

  /// `next` is the handler from the next newest() on; it may be empty. Returns
  /// whether it is not. [any]
  bool set(Mutex& mutex, Handler next) {
    const bool is_set = next != nullptr;
    auto newer = std::make_unique<const Handler>(std::move(next));
    const Lock lock(mutex);
    if (own_ == nullptr) own_ = std::make_unique<Own>();
    own_->next.swap(newer);  // one that was never called goes after the lock
    return is_set;
  }
  /// The newest handler is not empty. [any]
  bool is_set(Mutex& mutex) const {
    const Lock lock(mutex);
    const bool has_next = own_ != nullptr && own_->next != nullptr;
    return (has_next ? *own_->next : *current_) != nullptr;
  }
  /// The newest handler; valid until the next call. [the handler's only caller]
  const Handler& newest(Mutex& mutex) {
    std::unique_ptr<const Handler> replaced;  // goes after the lock
    const Lock lock(mutex);
    if (own_ == nullptr || own_->next == nullptr) return *current_;
    current_ = own_->next.get();
    replaced = std::exchange(own_->current, std::move(own_->next));
    return *current_;
  }

 private:
  // Most connections never replace a handler, and pay one pointer for it.
  struct Own {
    std::unique_ptr<const Handler> current;  // null while the first one is
    std::unique_ptr<const Handler> next;     // set, and not yet the current one
  };

  const Handler* current_;
  std::unique_ptr<Own> own_;
};

}  // namespace netpoll
