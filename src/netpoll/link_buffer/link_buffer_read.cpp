// SPDX-License-Identifier: Apache-2.0
//
// The reader's half of LinkBuffer. [reader]: one thread at a time, the one that
// consumes. The reader owns head_, read_node_, read_pos_, left_ and
// joined_, and it reads the fields of a node.

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

// Returns a view of a copy of the next n bytes. Requires: these bytes lie in
// several nodes, or fewer than n bytes are unread; then it fails.
Result<LinkBuffer::Bytes> LinkBuffer::peek_across(std::size_t n) {
  if (n > refresh()) return fail(Errc::short_buffer);
  if (joined_ == nullptr) joined_ = std::make_unique<Joined>();
  const std::uint64_t at = consumed();
  const std::span<std::byte> missing = joined_->extend(at, n);
  copy_unread(n - missing.size(), missing);
  return joined_->view(at, n);
}

std::error_code LinkBuffer::skip(std::size_t n) {
  if (n > left_ && n > refresh()) return Errc::short_buffer;
  advance(n);
  return {};
}

Result<LinkBuffer::Bytes> LinkBuffer::until(std::byte delimiter,
                                            std::size_t max) {
  // Searches only the bytes that are committed now. If it also searched bytes
  // that come meanwhile, it would not know how many it had searched, and so not
  // which of the two errors to return.
  const std::size_t searched = std::min(refresh(), max);
  const auto index = index_byte(delimiter, 0, searched);
  if (index) return next(*index + 1);
  return fail(searched < max ? Errc::short_buffer : Errc::too_long);
}

Result<LinkBuffer::Bytes> LinkBuffer::until(char delimiter, std::size_t max) {
  return until(static_cast<std::byte>(delimiter), max);
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
  Slice part(pieces(), n);
  advance(n);
  return part;
}

std::optional<std::size_t> LinkBuffer::index_byte(std::byte c, std::size_t skip,
                                                  std::size_t max) {
  Pieces rest = pieces();
  std::size_t passed = 0;
  while (passed < max && rest.unread > 0) {
    Bytes piece = rest.next();
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
  assert(all);  // unread bytes stay until the reader consumes them
  return *all;
}

// Frees nothing itself. The caller, or release(), destroys the result when the
// state of the buffer is consistent again: this may run done() of a lent block,
// and done() may call this buffer.
ConsumedNodes LinkBuffer::take_consumed_nodes() {
  const bool all_read = refresh() == 0;
  Ref<Block> last;
  if (all_read && read_node_->block) last = take_last_block();
  Node* const first = std::exchange(head_, read_node_);
  return {first, read_node_, std::move(joined_), std::move(last)};
}

// Takes the last block out of an empty buffer, since an idle buffer should not
// keep a block. But the writer may be about to write into this block. So the
// reader takes the block only while tail_ is not `writing`, and the writer
// writes no more into a block that the reader has taken. Returns null if the
// block must stay. A simpler design would be wrong: a reader that looks whether
// the writer writes, and then frees the block and sets a flag for the writer.
// The writer may begin to write between the reader's look and the free.
Ref<Block> LinkBuffer::take_last_block() {
  Tail found = Tail::parked;
  // acquire: pairs with the release in park(): the writer has finished with the
  // block, also with bytes that malloc_ack() dropped and no commit publishes.
  // relaxed on failure: after `writing` the reader touches nothing; `taken` was
  // stored by the reader itself, or by a writer that had no block.
  if (!tail_.compare_exchange_strong(found, Tail::taken,
                                     std::memory_order_acquire,
                                     std::memory_order_relaxed) &&
      found == Tail::writing) {
    return {};
  }
  // Between refresh() and the exchange the writer may have committed once more
  // into this block. Then the block stays in its node; it is marked as taken,
  // so a later release() frees it when the reader has read it. relaxed: if the
  // exchange succeeded, its acquire shows that commit; if it failed, no commit
  // into this block is possible any more.
  if (committed_.load(std::memory_order_relaxed) != consumed()) return {};
  return std::move(read_node_->block);
}

// Reads how much the writer has committed, and goes to the node that holds the
// next unread byte. Returns the number of unread bytes.
std::size_t LinkBuffer::refresh() {
  // acquire: pairs with the release in flush(). relaxed, for consumed_: the
  // reader reads its own store.
  const std::size_t unread = committed_.load(std::memory_order_acquire) -
                             consumed_.load(std::memory_order_relaxed);
  // relaxed, for `end` and `next`: the acquire above makes visible each of them
  // that lies before the last committed byte.
  std::byte* end = read_node_->end.load(std::memory_order_relaxed);
  while (read_pos_ == end && unread > 0) {
    read_node_ = read_node_->next.load(std::memory_order_relaxed);
    assert(read_node_ != nullptr);  // unread bytes lie in some node
    read_pos_ = read_node_->begin;
    end = read_node_->end.load(std::memory_order_relaxed);
  }
  // The node may hold bytes before `end` that are not committed yet: hence
  // min().
  left_ = std::min(Bytes(read_pos_, end).size(), unread);
  return unread;
}

// Consumes n bytes, node by node. Requires: refresh() has counted these bytes
// as unread.
void LinkBuffer::advance(std::size_t n) {
  while (n > left_) {
    n -= left_;
    consume(left_);
    refresh();
    assert(left_ > 0);
  }
  consume(n);
}

// Returns an object that steps through the unread bytes, node by node.
Pieces LinkBuffer::pieces() {
  const std::size_t unread = refresh();
  return {read_node_, read_pos_, unread};
}

// Copies to.size() unread bytes into `to`: those behind the first `from` unread
// ones. Consumes nothing. Requires: from + to.size() bytes are unread.
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
