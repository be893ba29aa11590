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

// If a readv fills no more than this many bytes of a large block, book_ack()
// moves them into a block of their own size, so that a few unread bytes do not
// keep a large block in use. More bytes stay in the large block: to copy them
// would cost more.
constexpr std::size_t kFew = 4 * 1024;
// A block of at least this size counts as large in book_ack().
constexpr std::size_t kLarge = 64 * 1024;

}  // namespace

std::span<std::byte> LinkBuffer::book(std::size_t want, std::size_t new_block) {
  // If the last block has less room than this (and than `want`), a new block is
  // taken: so few bytes are not worth a system call. Unlike upstream, which
  // uses the last byte of a block before it takes a new one.
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

// Commits the first n booked bytes and drops the rest, as book_ack(), but first
// moves these few bytes out of a large block into a block of their own size.
// Otherwise a Slice of them, or a reader that leaves them unread, would keep
// the whole large block.
std::size_t LinkBuffer::ack_few(std::size_t n) {
  const std::byte* const first = write_pos_ - malloc_size_;
  assert(first >= write_node_->begin);  // all unflushed bytes lie in this node
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
