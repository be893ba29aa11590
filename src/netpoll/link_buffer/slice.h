// SPDX-License-Identifier: Apache-2.0
#pragma once

// Some bytes of a LinkBuffer, which another reader reads.
//
//    LinkBuffer  [ node ]----> [ node ]---->      consumed n bytes
//                    |             |
//                  Block         Block            shared, counted
//                    |             |
//    Slice       [ node ]----> [ node ]           reads these n bytes
//
// A program may hand a request to another thread as a Slice. Slice and buffer
// may be destroyed in any order: the blocks live until both have let them go. A
// Slice is a LinkBuffer of which only the reader's half is public.
// Unlike upstream, where Slice() releases the buffer when the bytes lie in
// several nodes: LinkBuffer::slice() never does, so earlier views stay valid.
// Upstream: nocopy_linkbuffer.go:323 (Slice).

#include <cassert>
#include <utility>

#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {

class Slice : private LinkBuffer {
 public:
  /// A Slice without bytes. [any]
  Slice() = default;
  /// A Slice that shares the memory of the first `n` bytes of `unread`.
  /// Requires: `unread` has at least `n` bytes left. [reader]
  Slice(Pieces unread, std::size_t n);
  /// Takes over the unread bytes of `other`. `other` is empty afterwards, and
  /// its views are not valid any more. Requires: no other thread uses `other`.
  /// [reader]
  Slice(Slice&& other) noexcept { take_over(std::move(other)); }
  /// Drops the bytes of this Slice and ends its views. Then takes over the
  /// unread bytes of `other`, as the move constructor does. Requires: no other
  /// thread uses `other`. [reader]
  Slice& operator=(Slice&& other) noexcept {
    if (this != &other) {
      static_cast<void>(skip(size()));  // cannot fail
      take_over(std::move(other));
    }
    return *this;
  }

  /// Moves the unread bytes to the end of what is written to `to`, uncopied.
  /// The reader of `to` sees them after the next to.flush(). The views of this
  /// slice end. Requires: no other thread uses the slice. [the writer of `to`]
  void move_to(LinkBuffer& to) && { to.append(std::move(*this)); }

  // Each of these members means the same as in LinkBuffer. [reader]
  using LinkBuffer::Bytes;
  using LinkBuffer::bytes;
  using LinkBuffer::gather;
  using LinkBuffer::index_byte;
  using LinkBuffer::is_empty;
  using LinkBuffer::next;
  using LinkBuffer::peek;
  using LinkBuffer::read_binary;
  using LinkBuffer::read_byte;
  using LinkBuffer::read_string;
  using LinkBuffer::release;
  using LinkBuffer::size;
  using LinkBuffer::skip;
  using LinkBuffer::slice;
  using LinkBuffer::until;

 private:
  void take_over(Slice&& other) {
    assert(is_empty());
    release();
    append(std::move(other));
    static_cast<void>(flush());  // cannot fail
  }
};

}  // namespace netpoll
