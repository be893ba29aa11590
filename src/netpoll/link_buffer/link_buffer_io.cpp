// SPDX-License-Identifier: Apache-2.0
//
// LinkBuffer at the socket. book() and book_ack() are the writer's around a
// readv [poller]; gather() is the reader's before a sendmsg [poller, or the
// thread that flushes the connection].

#include <algorithm>

#include "netpoll/base/check.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

std::span<std::byte> LinkBuffer::book(std::size_t want, std::size_t new_block) {
  // Less than this is not worth a system call. Unlike upstream, which uses up
  // the last byte of a block first.
  constexpr std::size_t kWorthwhile = 512;
  if (want == 0) return {};
  if (malloc_size_ == 0) open();
  if (room() < std::min(want, kWorthwhile)) {
    link(new Node(Block::pooled(new_block)));
  }
  return malloc(std::min(want, room()));
}

std::size_t LinkBuffer::book_ack(std::size_t n) {
  check(!malloc_ack(n), "book_ack: more than was booked");
  static_cast<void>(flush());  // cannot fail
  return size();
}

std::size_t LinkBuffer::gather(std::span<Bytes> slices) {
  Pieces rest = pieces();
  std::size_t count = 0;
  while (count < slices.size()) {
    const Bytes piece = rest.next();
    if (piece.empty()) break;
    slices[count++] = piece;
  }
  return count;
}

std::vector<LinkBuffer::Bytes> LinkBuffer::gather() {
  std::vector<Bytes> slices;
  Pieces rest = pieces();
  for (Bytes piece = rest.next(); !piece.empty(); piece = rest.next()) {
    slices.push_back(piece);
  }
  return slices;
}

}  // namespace netpoll
