// SPDX-License-Identifier: Apache-2.0
//
// [poller] fill() and what it calls; [reader] the rest.
#include "netpoll/connection/input.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace netpoll {

void Input::begin_with(Slice unread) {
  assert(buffer_.committed() == 0);
  std::move(unread).move_to(buffer_);
  static_cast<void>(buffer_.flush());  // a LinkBuffer's flush() never fails
}

Result<os::Moved> Input::fill(int fd, std::size_t most) {
  const std::size_t left = std::min(room(committed()), most);
  if (left > 0) return receive(fd, left);
  pause();
  // If the reader made room before pause(), it found nothing to resume.
  if (!is_full()) resume();
  return os::Moved{.again = true};
}

Result<os::Moved> Input::fill_beyond(int fd) {
  return receive(fd, kReadSizeMax);
}

Result<os::Moved> Input::receive(int fd, std::size_t room) {
  const std::size_t want = std::min(read_size_, room);
  Result<os::Moved> moved = os::recv(fd, buffer_.book(want, read_size_));
  const std::size_t got = moved ? moved->bytes : 0;
  buffer_.book_ack(got);
  if (got == 0) return moved;
  adapt_read_size(got);
  activity_.touch();
  return moved;
}

// Sets the size of the next read: twice as large after a read that filled it,
// half as large after a read that used less than a quarter. So the reads of a
// burst are large, and one burst does not make every later block large.
void Input::adapt_read_size(std::size_t got) {
  if (got >= read_size_) {
    read_size_ = std::min(read_size_ * 2, kReadSizeMax);
  } else if (got < read_size_ / 4 && read_size_ > kReadSizeMin) {
    read_size_ = std::max(read_size_ / 2, kReadSizeMin);
  }
}

// Looks once how many bytes have come. With two looks, a byte that comes
// between them could make the input full after no byte was seen to come.
bool Input::is_full_since(std::uint64_t arrived) const {
  return committed() == arrived && room(arrived) == 0;
}

// How many bytes fit into the input when `committed` bytes have come.
std::size_t Input::room(std::uint64_t committed) const {
  // relaxed, for max_input_, allowed_ and released_: each number stands on its
  // own. If the poller sees old ones and finds the input full, it pauses and
  // looks again. By then it sees the new ones, or the reader sees the pause:
  // their exchanges in throttle_ see to that.
  const std::size_t max = max_input_.load(std::memory_order_relaxed);
  if (max == 0) return kNoLimit;
  const std::size_t limit =
      std::max(max, allowed_.load(std::memory_order_relaxed));
  const std::uint64_t released = released_.load(std::memory_order_relaxed);
  // A thread that is neither the poller nor the reader may see more released
  // than it has seen committed.
  const std::uint64_t kept = committed - std::min(committed, released);
  return limit - std::min<std::uint64_t>(limit, kept);
}

void Input::set_max_input(std::size_t bytes) {
  max_input_.store(bytes, std::memory_order_relaxed);  // relaxed: see room()
  resume();
}

void Input::resume_if_room() {
  const std::size_t max = max_input_.load(std::memory_order_relaxed);
  // Only with half of the limit free, so that a reader that takes many small
  // pieces does not call epoll_ctl(2) for each of them.
  if (max != 0 && room(committed()) >= max / 2) resume();
}

void Input::wake_if_enough() {
  const std::size_t wanted = waited_.after_commit();
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
  const auto error = buffer_.skip(n);
  release_if_unseen();
  return error;
}

Result<std::span<const std::byte>> Input::until(std::byte delimiter,
                                                std::size_t max) {
  const Deadline deadline = limit_.from_now();
  const std::size_t max_input = max_input_.load(std::memory_order_relaxed);
  const bool by_limit = max == kNoLimit && max_input != 0;
  const std::size_t bound = by_limit ? max_input : max;
  std::size_t searched = 0;
  for (;;) {
    const std::size_t size = buffer_.size();
    const auto at = buffer_.index_byte(delimiter, searched);
    if (at && *at < bound) {
      viewed_ = true;
      return buffer_.next(*at + 1);
    }
    if (at || size >= bound) return fail(Errc::too_long);
    searched = size;
    if (const auto error = wait_for(size + 1, bound, deadline)) {
      return fail(error);
    }
  }
}

Result<std::string> Input::read_string(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  auto copy = buffer_.read_string(n);
  release_if_unseen();
  return copy;
}

Result<std::vector<std::byte>> Input::read_binary(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  auto copy = buffer_.read_binary(n);
  release_if_unseen();
  return copy;
}

Result<std::byte> Input::read_byte() {
  if (const auto error = wait_for(1)) return fail(error);
  const auto byte = buffer_.read_byte();
  release_if_unseen();
  return byte;
}

Result<Slice> Input::slice(std::size_t n) {
  if (const auto error = wait_for(n)) return fail(error);
  auto slice = buffer_.slice(n);
  release_if_unseen();
  return slice;
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
    copy_bytes(part, into.subspan(taken));
    static_cast<void>(buffer_.skip(part.size()));  // gather() has shown them
    taken += part.size();
  }
  release_if_unseen();
  return taken;
}

void Input::release() {
  viewed_ = false;
  buffer_.release();
  released_.store(buffer_.consumed(), std::memory_order_relaxed);  // see room()
  resume_if_room();
}

// To be called after a call that returns no view. Gives the memory back at
// once, unless a view that an earlier call returned is still valid.
void Input::release_if_unseen() {
  if (!viewed_) release();
}

// Waits for `n` unread bytes, as long as limit_ allows. Reads the clock only
// when there is something to wait for.
std::error_code Input::wait_for(std::size_t n) {
  return n <= buffer_.size() ? std::error_code()
                             : wait_for(n, n, limit_.from_now());
}

// Waits for `n` unread bytes until `deadline`. Meanwhile the poller may read
// until `allowed` bytes are unread, even if max_input is less.
std::error_code Input::wait_for(std::size_t n, std::size_t allowed,
                                Deadline deadline) {
  if (n <= buffer_.size()) return {};
  assert(allowed >= n);
  // Bytes that are taken but not released, since views use them, count against
  // the limit. Added to `allowed`, they leave enough room for the bytes that
  // are waited for.
  const std::uint64_t viewed =
      buffer_.consumed() - released_.load(std::memory_order_relaxed);
  const std::size_t all =
      allowed > kNoLimit - viewed ? kNoLimit : allowed + viewed;
  allowed_.store(all, std::memory_order_relaxed);  // see room()
  const std::error_code error = sleep_for(n, deadline);
  waited_.clear();
  allowed_.store(0, std::memory_order_relaxed);
  return error;
}

std::error_code Input::sleep_for(std::size_t n, Deadline deadline) {
  assert(n > 0);
  bool in_time = true;
  for (;;) {
    waited_.set(n);  // before size() is read: see WaitedBytes
    if (n > buffer_.size()) resume();
    // Read closed_by() before size(): the poller commits all input before it
    // records the peer's end, so after an end seen here no more input follows
    // the size that is read next.
    const ClosedBy by = life_.closed_by();
    if (n <= buffer_.size()) return {};
    if (by == ClosedBy::user) return Errc::conn_closed;
    if (by != ClosedBy::none) return Errc::eof;
    if (!in_time) return Errc::read_timeout;
    if (!poller_.make_way()) return Errc::would_block;
    in_time = more_.wait_until(deadline);
  }
}

}  // namespace netpoll
