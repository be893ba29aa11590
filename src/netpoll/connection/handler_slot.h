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
// that on_connect sets while input arrives is not called for that input:
// connection.onProcess, connection_onevent.go:180; #421.

#include <memory>
#include <utility>

#include "netpoll/connection/handlers.h"

namespace netpoll {

class HandlerSlot {
 public:
  /// `first` must outlive this slot.
  explicit HandlerSlot(const Handler& first)
      : current_(&first), is_set_(first != nullptr) {}
  HandlerSlot(const HandlerSlot&) = delete;
  HandlerSlot& operator=(const HandlerSlot&) = delete;

  /// `next` is the handler from the next get() on; it may be empty. Returns a
  /// handler that was set before and never became the current one: the caller
  /// destroys it after the lock. [any, under the connection's mutex]
  [[nodiscard]] std::unique_ptr<const Handler> set(
      std::unique_ptr<const Handler> next) {
    is_set_ = *next != nullptr;
    return std::exchange(next_, std::move(next));
  }
  /// The newest handler is not empty. [any, under the connection's mutex]
  bool is_set() const { return is_set_; }
  /// Makes the newest handler the current one. Returns the one that it
  /// replaces, for the caller to destroy after the lock. [the handler's only
  /// caller, under the connection's mutex]
  [[nodiscard]] std::unique_ptr<const Handler> renew() {
    if (next_ == nullptr) return nullptr;
    current_ = next_.get();
    return std::exchange(own_, std::move(next_));
  }
  /// The current handler; valid until renew(). [the handler's only caller]
  const Handler& get() const { return *current_; }

 private:
  const Handler* current_;              // of the options, or own_
  std::unique_ptr<const Handler> own_;  // null while current_ is the first one
  std::unique_ptr<const Handler> next_;
  bool is_set_;
};

}  // namespace netpoll
