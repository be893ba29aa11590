// SPDX-License-Identifier: Apache-2.0
//
// The reader's half of LinkBuffer. [reader]: one thread at a time, the one that
// consumes. It owns head_, read_node_, read_pos_, read_end_ and joined_, and of
// a node it reads begin, end, next and block.

#include <algorithm>
#include <cassert>
#include <cstring>

#include "netpoll/link_buffer/joined.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {

Result<LinkBuffer::Bytes> LinkBuffer::next_across(std::size_t n) {
  const Result<Bytes> view = peek_across(n);
  if (view) advance(n);
  return view;
}

Result<LinkBuffer::Bytes> LinkBuffer::peek_across(std::size_t n) {
  if (n > refresh()) return fail(Errc::short_buffer);
  if (n <= left()) return Bytes(read_pos_, n);

  if (joined_ == nullptr) joined_ = std::make_unique<Joined>();
  const std::uint64_t at = consumed();
  const std::span<std::byte> missing = joined_->extend(at, n);
  copy_unread(n - missing.size(), missing);
  return joined_->view(at, n);
}

std::error_code LinkBuffer::skip(std::size_t n) {
  if (n > left() && n > refresh()) return Errc::short_buffer;
  advance(n);
  return {};
}

Result<LinkBuffer::Bytes> LinkBuffer::until(std::byte delimiter,
                                            std::size_t max) {
  const std::optional<std::size_t> index = index_byte(delimiter, 0, max);
  if (!index) {
    return fail(refresh() < max ? Errc::short_buffer : Errc::too_long);
  }
  return next(*index + 1);
}

Result<std::string> LinkBuffer::read_string(std::size_t n) {
  if (n > refresh()) return fail(Errc::short_buffer);
  std::string text(n, '\0');
  copy_unread(0, std::as_writable_bytes(std::span(text)));
  advance(n);
  return text;
}

Result<std::vector<std::byte>> LinkBuffer::read_binary(std::size_t n) {
  if (n > refresh()) return fail(Errc::short_buffer);
  std::vector<std::byte> bytes(n);
  copy_unread(0, bytes);
  advance(n);
  return bytes;
}

Result<std::byte> LinkBuffer::read_byte() {
  const Result<Bytes> one = next(1);
  if (!one) return fail(one.error());
  return one->front();
}

Result<Slice> LinkBuffer::slice(std::size_t n) {
  if (n > refresh()) return fail(Errc::short_buffer);
  Slice part;
  part.open();
  Pieces rest = pieces();
  for (std::size_t size = 0; size < n; size = part.malloc_size_) {
    const std::span<std::byte> piece = rest.next();
    const std::size_t taken = std::min(piece.size(), n - size);
    part.link(new Node(rest.block(), piece.first(taken)));
    part.malloc_size_ += taken;
  }
  static_cast<void>(part.flush());  // cannot fail
  advance(n);
  return part;
}

std::optional<std::size_t> LinkBuffer::index_byte(std::byte c, std::size_t skip,
                                                  std::size_t max) {
  Pieces rest = pieces();
  std::size_t passed = 0;
  while (passed < max) {
    Bytes piece = rest.next();
    if (piece.empty()) break;
    piece = piece.first(std::min(piece.size(), max - passed));
    const std::size_t from =
        std::min(piece.size(), skip - std::min(skip, passed));
    const void* found = std::memchr(piece.data() + from, static_cast<int>(c),
                                    piece.size() - from);
    if (found != nullptr) {
      const auto* at = static_cast<const std::byte*>(found);
      return passed + static_cast<std::size_t>(at - piece.data());
    }
    passed += piece.size();
  }
  return std::nullopt;
}

LinkBuffer::Bytes LinkBuffer::bytes() {
  const Result<Bytes> all = peek(refresh());
  assert(all);  // what refresh() has seen does not go away
  return *all;
}

// The slow half of release(). The memory is freed after the buffer's own state
// is whole, since a lent block's done() may call the buffer.
void LinkBuffer::release_read() {
  static_cast<void>(take_consumed_nodes());
}

ConsumedNodes LinkBuffer::take_consumed_nodes() {
  ConsumedNodes consumed;
  const std::size_t unread = refresh();
  consumed.joined_ = std::move(joined_);
  consumed.first_ = std::exchange(head_, read_node_);
  consumed.end_ = read_node_;
  if (unread == 0 && read_node_->block)
    consumed.last_block_ = take_last_block();
  return consumed;
}

// The buffer is empty; its last block should not idle with it. But the writer
// may be about to write there. So the block is taken only if the writer has
// parked, and once it is taken the writer will not come back to it.
// Refused: to free it and let the writer find out by a flag of its own; between
// the look and the free the writer may have begun.
Ref<Block> LinkBuffer::take_last_block() {
  Tail found = Tail::parked;
  // acquire: pairs with the release in park(). The writer is through with the
  // block, even with bytes that malloc_ack() dropped and no commit publishes.
  // relaxed on failure: writing, so nothing is touched; or taken, long ago.
  if (!tail_.compare_exchange_strong(found, Tail::taken,
                                     std::memory_order_acquire,
                                     std::memory_order_relaxed) &&
      found == Tail::writing) {
    return {};
  }
  // Between refresh() and here the writer may have committed once more into
  // this block. Then it stays: taken, ours alone, freed when it is read.
  // relaxed: the acquire above has it, when it matters.
  if (committed_.load(std::memory_order_relaxed) != consumed()) return {};
  return std::move(read_node_->block);
}

// Looks how much the writer has committed, and goes to the node that holds the
// next unread byte. Returns how many are unread.
std::size_t LinkBuffer::refresh() {
  const std::size_t unread = committed() - consumed();
  // relaxed, all of them: committed()'s acquire covers what is used.
  std::byte* end = read_node_->end.load(std::memory_order_relaxed);
  while (read_pos_ == end && unread > 0) {
    read_node_ = read_node_->next.load(std::memory_order_relaxed);
    read_pos_ = read_node_->begin;
    end = read_node_->end.load(std::memory_order_relaxed);
  }
  // The end may be newer than the counter that we saw.
  read_end_ = read_pos_ + std::min(std::span(read_pos_, end).size(), unread);
  return unread;
}

// Requires: n bytes are known to be committed.
void LinkBuffer::advance(std::size_t n) {
  while (n > left()) {
    n -= left();
    consume(left());
    refresh();
    assert(left() > 0);
  }
  consume(n);
}

Pieces LinkBuffer::pieces() {
  const std::size_t unread = refresh();
  return {read_node_, read_pos_, unread};
}

// Copies to.size() unread bytes, beginning `from` bytes behind the next one.
void LinkBuffer::copy_unread(std::size_t from, std::span<std::byte> to) {
  Pieces rest = pieces();
  while (!to.empty()) {
    Bytes piece = rest.next();
    const std::size_t passed = std::min(from, piece.size());
    from -= passed;
    piece = piece.subspan(passed);
    piece = piece.first(std::min(piece.size(), to.size()));
    copy_bytes(piece, to);
    to = to.subspan(piece.size());
  }
}

}  // namespace netpoll
