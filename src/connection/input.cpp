// SPDX-License-Identifier: Apache-2.0
//
// fill() and wake_if_enough() run on the poller's thread, the rest on the
// reader's.
#include "connection/input.h"

#include <algorithm>
#include <utility>

namespace netpoll {

Result<os::Moved> Input::fill(int fd) {
  const std::span<std::byte> room = buffer_.book(read_size_, read_size_);
  Result<os::Moved> moved = os::recv(fd, room);
  const std::size_t n = moved ? moved->bytes : 0;
  buffer_.book_ack(n);
  if (n == read_size_) read_size_ = std::min(read_size_ * 2, kReadSizeMax);
  return moved;
}

void Input::wake_if_enough() {
  // A write, so that the reader's exchange in sleep_for() reads it if it comes
  // later, and then sees the input that came before this. acq_rel: pairs with
  // that exchange, both ways.
  const std::size_t wanted = wanted_.fetch_add(0, std::memory_order_acq_rel);
  if (wanted != 0 && buffer_.size() >= wanted) more_.pull();
}

Result<std::span<const std::byte>> Input::next(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  return buffer_.next(n);
}

Result<std::span<const std::byte>> Input::peek(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  return buffer_.peek(n);
}

std::error_code Input::skip(std::size_t n) {
  if (const auto error = wait_for(n)) return error;
  return buffer_.skip(n);
}

Result<std::span<const std::byte>> Input::until(std::byte delimiter) {
  const Deadline limit = deadline();
  std::size_t searched = 0;
  for (;;) {
    const std::size_t size = buffer_.size();
    if (const auto at = buffer_.index_byte(delimiter, searched)) {
      return buffer_.next(*at + 1);
    }
    searched = size;
    if (const auto error = wait_for(size + 1, limit)) return fail(error);
  }
}

Result<std::string> Input::read_string(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  return buffer_.read_string(n);
}

Result<std::vector<std::byte>> Input::read_binary(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  return buffer_.read_binary(n);
}

Result<std::byte> Input::read_byte() {
  if (const auto error = wait_for(1)) return fail(error);
  return buffer_.read_byte();
}

Result<Slice> Input::slice(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  return buffer_.slice(n);
}

void Input::release() {
  buffer_.release();
}

void Input::set_read_timeout(std::chrono::milliseconds timeout) {
  if (timeout.count() < 0) return;
  // relaxed: a number on its own; nothing is read through it.
  timeout_.store(timeout, std::memory_order_relaxed);
}

Deadline Input::deadline() const {
  // relaxed: see set_read_timeout().
  return deadline_of(timeout_.load(std::memory_order_relaxed));
}

// Looks at the clock only when there is something to wait for.
std::error_code Input::wait_for(std::size_t n) {
  return n <= buffer_.size() ? std::error_code() : wait_for(n, deadline());
}

std::error_code Input::wait_for(std::size_t n, Deadline deadline) {
  if (n <= buffer_.size()) return {};
  const std::error_code error = sleep_for(n, deadline);
  // An exchange: a plain store would come between the poller's fetch_add and
  // the exchange of the next sleep_for(), which would then not read it.
  wanted_.exchange(0, std::memory_order_acq_rel);
  return error;
}

std::error_code Input::sleep_for(std::size_t n, Deadline deadline) {
  bool in_time = true;
  for (;;) {
    // Say what is wanted, and only then look: acq_rel, pairs with the
    // fetch_add in wake_if_enough(), both ways.
    wanted_.exchange(n, std::memory_order_acq_rel);
    // Closed first, size second: all input came before the peer's close.
    const ClosedBy by = keys_.closed_by();
    if (n <= buffer_.size()) return {};
    if (by == ClosedBy::user) return Errc::conn_closed;
    if (by != ClosedBy::none) return Errc::eof;
    if (!in_time) return Errc::read_timeout;
    in_time = more_.wait_until(deadline);
  }
}

}  // namespace netpoll
