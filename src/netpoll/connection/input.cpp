// SPDX-License-Identifier: Apache-2.0
//
// fill() and wake_if_enough() run on the poller's thread, the rest on the
// reader's.
#include "netpoll/connection/input.h"

#include <algorithm>
#include <array>
#include <utility>

namespace netpoll {

Result<os::Moved> Input::fill(int fd) {
  const std::size_t left = room();
  if (left > 0) return receive(fd, left);
  pause();
  // The reader may have made room before it could see the pause.
  if (!is_full()) resume();
  return os::Moved{.again = true};
}

Result<os::Moved> Input::fill_beyond(int fd) {
  return receive(fd, read_size_);
}

Result<os::Moved> Input::receive(int fd, std::size_t room) {
  const std::size_t want = std::min(read_size_, room);
  Result<os::Moved> moved = os::recv(fd, buffer_.book(want, read_size_));
  const std::size_t n = moved ? moved->bytes : 0;
  buffer_.book_ack(n);
  if (n == read_size_) read_size_ = std::min(read_size_ * 2, kReadSizeMax);
  if (n > 0) activity_.touch();
  return moved;
}

std::size_t Input::room() const {
  // relaxed: a number on its own.
  const std::size_t max = max_input_.load(std::memory_order_relaxed);
  if (max == 0) return kReadSizeMax;
  const std::size_t limit = std::max(max, wanted_.peek());
  const std::size_t size = buffer_.size();
  return limit - std::min(limit, size);
}

void Input::set_max_input(std::size_t bytes) {
  // relaxed: see room().
  max_input_.store(bytes, std::memory_order_relaxed);
  resume();
}

void Input::resume_if_room() {
  // relaxed: see room().
  const std::size_t max = max_input_.load(std::memory_order_relaxed);
  // Half, so that a reader of small pieces does not pay for each of them.
  if (max != 0 && buffer_.size() <= max / 2) resume();
}

void Input::wake_if_enough() {
  const std::size_t wanted = wanted_.asked();
  if (wanted != 0 && buffer_.size() >= wanted) more_.pull();
}

Result<std::span<const std::byte>> Input::next(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  viewed_ = true;
  return buffer_.next(n);
}

Result<std::span<const std::byte>> Input::peek(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  viewed_ = true;
  return buffer_.peek(n);
}

std::error_code Input::skip(std::size_t n) {
  if (const auto error = wait_for(n)) return error;
  return buffer_.skip(n);
}

Result<std::span<const std::byte>> Input::until(std::byte delimiter) {
  const Deadline limit = limit_.from_now();
  std::size_t searched = 0;
  for (;;) {
    const std::size_t size = buffer_.size();
    if (const auto at = buffer_.index_byte(delimiter, searched)) {
      viewed_ = true;
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

Result<std::size_t> Input::read(std::span<std::byte> into) {
  if (into.empty()) return 0;
  if (const auto error = wait_for(1)) return fail(error);
  std::size_t taken = 0;
  while (taken < into.size() && !buffer_.is_empty()) {
    std::array<LinkBuffer::Bytes, 1> piece;
    buffer_.gather(piece);
    const auto part =
        piece[0].first(std::min(piece[0].size(), into.size() - taken));
    std::ranges::copy(part, into.subspan(taken).begin());
    static_cast<void>(buffer_.skip(part.size()));  // gather() has shown them
    taken += part.size();
  }
  if (!viewed_) release();
  return taken;
}

void Input::release() {
  viewed_ = false;
  buffer_.release();
  resume_if_room();
}

// Looks at the clock only when there is something to wait for.
std::error_code Input::wait_for(std::size_t n) {
  return n <= buffer_.size() ? std::error_code()
                             : wait_for(n, limit_.from_now());
}

std::error_code Input::wait_for(std::size_t n, Deadline deadline) {
  if (n <= buffer_.size()) return {};
  const std::error_code error = sleep_for(n, deadline);
  wanted_.withdraw();
  return error;
}

std::error_code Input::sleep_for(std::size_t n, Deadline deadline) {
  bool in_time = true;
  for (;;) {
    wanted_.ask(n);  // and only then look
    if (n > buffer_.size()) resume();
    // Closed first, size second: all input came before the peer's close.
    const ClosedBy by = keys_.closed_by();
    if (n <= buffer_.size()) return {};
    if (by == ClosedBy::user) return Errc::conn_closed;
    if (by != ClosedBy::none) return Errc::eof;
    if (!in_time) return Errc::read_timeout;
    if (!poller_.may_wait()) return Errc::would_block;
    in_time = more_.wait_until(deadline);
  }
}

}  // namespace netpoll
