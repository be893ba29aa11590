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
  /// No bytes. [any]
  Slice() = default;
  /// Shares the memory of the first `n` bytes of `unread`. Requires: `n` bytes
  /// are left there. [reader]
  Slice(Pieces unread, std::size_t n);
  /// Takes over the unread bytes of `other`, which is empty then; its views are
  /// not valid any more. Requires: no other thread uses `other`. [reader]
  Slice(Slice&& other) noexcept { take_over(std::move(other)); }
  /// Drops its own bytes first, and then does what the constructor does.
  /// [reader]
  Slice& operator=(Slice&& other) noexcept {
    if (this != &other) {
      static_cast<void>(skip(size()));  // cannot fail
      take_over(std::move(other));
    }
    return *this;
  }

  /// Moves the unread bytes behind all that is written to `to`, uncopied; `to`
  /// shows them to its reader after its next flush(). Ends the views of this
  /// slice. Requires: no other thread uses this slice. [the writer of `to`]
  void move_to(LinkBuffer& to) && { to.append(std::move(*this)); }

  // The same meaning as in LinkBuffer. [reader]
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
