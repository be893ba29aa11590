// SPDX-License-Identifier: Apache-2.0
//
// LinkBuffer at the socket. The writer calls book() before a readv and
// book_ack() after it [poller]; the reader calls gather() before a sendmsg
// [the poller, or the thread that flushes the connection].

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "netpoll/base/check.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {
namespace {

// book_ack() moves at most so many bytes out of a block of at least kLarge.
constexpr std::size_t kFew = 4 * 1024;
constexpr std::size_t kLarge = 64 * 1024;

}  // namespace

std::span<std::byte> LinkBuffer::book(std::size_t want, std::size_t new_block) {
  // Less room than this is not worth a system call. Unlike upstream, which uses
  // the last byte of a block before it takes a new one.
  constexpr std::size_t kWorthwhile = 512;
  if (want == 0) return {};
  assert(new_block > 0);
  if (malloc_size_ == 0) open();
  if (room_ < std::min(want, kWorthwhile)) {
    link(new Node(Block::pooled(new_block)), true);
  }
  return malloc(std::min(want, room_));
}

std::size_t LinkBuffer::book_ack(std::size_t n) {
  check(n <= malloc_size_, "book_ack: more than was booked");
  const bool is_few = n > 0 && n <= kFew;
  if (is_few && write_node_->block->bytes().size() >= kLarge) return ack_few(n);
  static_cast<void>(malloc_ack(n));  // cannot fail: n was checked
  static_cast<void>(flush());        // cannot fail
  return size();
}

// Moves a few bytes out of a large block, into a block of their own size. A
// slice of them, or a reader that leaves them unread, would keep all of the
// large block otherwise.
std::size_t LinkBuffer::ack_few(std::size_t n) {
  const std::byte* const first = write_pos_ - malloc_size_;
  assert(first >= write_node_->begin);  // only the booked bytes are unflushed
  auto own = Block::owned(std::vector<std::byte>(first, first + n));
  static_cast<void>(malloc_ack(0));  // cannot fail
  [[maybe_unused]] const auto error = write_direct(std::move(own));
  assert(!error);
  static_cast<void>(flush());  // cannot fail
  return size();
}

std::size_t LinkBuffer::gather(std::span<Bytes> slices) {
  Pieces rest = pieces();
  std::size_t count = 0;
  while (count < slices.size() && rest.unread > 0)
    slices[count++] = rest.next();
  return count;
}

std::vector<LinkBuffer::Bytes> LinkBuffer::gather() {
  std::vector<Bytes> slices;
  Pieces rest = pieces();
  while (rest.unread > 0)
    slices.push_back(rest.next());
  return slices;
}

}  // namespace netpoll
