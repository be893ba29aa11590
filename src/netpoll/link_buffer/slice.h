// SPDX-License-Identifier: Apache-2.0
#pragma once

// A part of a LinkBuffer's bytes with a reader of its own.
//
//    LinkBuffer  [ node ]----> [ node ]---->      consumed n bytes
//                    |             |
//                  Block         Block            shared, counted
//                    |             |
//    Slice       [ node ]----> [ node ]           reads these n bytes
//
// A request may be handed to another thread this way and its memory freed
// there, in any order with the buffer it came from. A Slice is a LinkBuffer
// with the writing half locked away.
// Unlike upstream: LinkBuffer::slice() never releases the buffer it cuts from,
// so earlier views stay valid. Upstream: nocopy_linkbuffer.go:323 (Slice).

#include <utility>

#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {

class Slice : private LinkBuffer {
 public:
  /// Empty.
  Slice() = default;
  /// Takes the unread bytes; views of `other` are dead, and it is empty.
  Slice(Slice&& other) noexcept { take(std::move(other)); }
  Slice& operator=(Slice&& other) noexcept {
    if (this != &other) {
      advance(refresh());
      take(std::move(other));
    }
    return *this;
  }

  // As LinkBuffer's. [reader]
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
  friend class LinkBuffer;

  void take(Slice&& other) {
    release();
    append(std::move(other));
    static_cast<void>(flush());  // cannot fail
  }
};

}  // namespace netpoll
