// SPDX-License-Identifier: Apache-2.0
#pragma once

// One handler of a connection, which may be replaced while it runs.
//
//    any thread: set(next) --> next_
//    caller:     get()     <-- next_ becomes the current handler
//
// A handler that runs is never destroyed under its own feet: set() puts the new
// one aside, and get(), which the handler's only caller uses between two calls,
// makes it the current one. The connection calls both under one mutex and
// destroys what they return after it.
// Unlike upstream, whose running task keeps the handler that it began with: one
// that on_connect sets while input arrives is not called for that input
// (connection_onevent.go:180, connection.onProcess; #421).

#include <memory>
#include <utility>

#include "netpoll/connection/handlers.h"

namespace netpoll {

class HandlerSlot {
 public:
  /// `first` must outlive this slot.
  explicit HandlerSlot(const Handler& first) : current_(&first) {}
  HandlerSlot(const HandlerSlot&) = delete;
  HandlerSlot& operator=(const HandlerSlot&) = delete;

  /// `next` is the handler from the next renew() on; it may be empty. Returns a
  /// handler that was set before and never became the current one: the caller
  /// destroys it after the lock. [any, under the connection's mutex]
  [[nodiscard]] std::unique_ptr<const Handler> set(
      std::unique_ptr<const Handler> next) {
    if (own_ == nullptr) own_ = std::make_unique<Own>();
    return std::exchange(own_->next, std::move(next));
  }
  /// The newest handler is not empty. [any, under the connection's mutex]
  bool is_set() const {
    const bool has_next = own_ != nullptr && own_->next != nullptr;
    return (has_next ? *own_->next : *current_) != nullptr;
  }
  /// Makes the newest handler the current one. Returns the one that it
  /// replaces, for the caller to destroy after the lock. [the handler's only
  /// caller, under the connection's mutex]
  [[nodiscard]] std::unique_ptr<const Handler> renew() {
    if (own_ == nullptr || own_->next == nullptr) return nullptr;
    current_ = own_->next.get();
    return std::exchange(own_->current, std::move(own_->next));
  }
  /// The current handler; valid until renew(). [the handler's only caller]
  const Handler& get() const { return *current_; }

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
