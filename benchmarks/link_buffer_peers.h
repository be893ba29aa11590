// SPDX-License-Identifier: Apache-2.0
#pragma once

// The buffers of the case `slices` that are always there. asio's and libevent's
// have a file each.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <span>
#include <string>

#include "link_buffer_slices.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll::parts {

class Ours {
 public:
  void write(std::span<const char> message) {
    buffer_.write_binary(std::as_bytes(message));
    static_cast<void>(buffer_.flush());
  }
  // A next() that fails would give no piece: the Tally is short then.
  void read(Tally& tally) {
    if (const auto piece = buffer_.next(kPiece)) {
      tally.add({reinterpret_cast<const char*>(piece->data()), piece->size()});
    }
    buffer_.release();
  }

 private:
  LinkBuffer buffer_;
};

// The least that a buffer without views can do: one copy in, one copy out.
class TwoCopies {
 public:
  void write(std::span<const char> message) {
    std::memcpy(bytes_.data(), message.data(), message.size());
    benchmark::ClobberMemory();
    read_ = 0;
  }
  void read(Tally& tally) {
    std::memcpy(piece_.data(), bytes_.data() + read_, kPiece);
    read_ += kPiece;
    tally.add(piece_);
    benchmark::ClobberMemory();
  }

 private:
  Message bytes_{};
  Piece piece_{};
  std::size_t read_ = 0;
};

// A view, and erase() moves the rest to the front.
class String {
 public:
  void write(std::span<const char> message) {
    bytes_.append(message.data(), message.size());
  }
  void read(Tally& tally) {
    tally.add(std::span(bytes_).first(kPiece));
    bytes_.erase(0, kPiece);
  }

 private:
  std::string bytes_;
};

// No view: its bytes lie in blocks of 512, and the first may begin anywhere.
class Deque {
 public:
  void write(std::span<const char> message) {
    bytes_.insert(bytes_.end(), message.begin(), message.end());
  }
  void read(Tally& tally) {
    const auto end = bytes_.begin() + kPiece;
    std::copy(bytes_.begin(), end, piece_.begin());
    tally.add(piece_);
    bytes_.erase(bytes_.begin(), end);
  }

 private:
  std::deque<char> bytes_;
  Piece piece_{};
};

}  // namespace netpoll::parts
