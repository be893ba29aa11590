// SPDX-License-Identifier: Apache-2.0
#pragma once

// Readers and Writers over byte streams such as files and decompressors.
//
//    StreamReader       is a Reader  over a ByteSource
//    StreamWriter       is a Writer  over a ByteSink
//    StreamReadWriter   is both      over one stream
//
//    StreamReader reader(file);                 // a codec for connections
//    Result<Request> request = decode(reader);  // reads files as well
//
// Each borrows its stream and owns a LinkBuffer. Bytes that were read before an
// error stay readable; a later flush() writes the bytes that were not written.
// Upstream: nocopy.go:207 (NewReader), nocopy_readwriter.go:34 (zcReader).
// Unlike upstream: until() reads until the delimiter is there; flush() writes
// all bytes, also when the sink takes few at a time, and copies nothing.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "netpoll/base/check.h"
#include "netpoll/base/result.h"
#include "netpoll/link_buffer/byte_stream.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {

/// A Reader over a source. Each call does what the call of the same name does
/// in LinkBuffer, but first reads from the source the bytes that are not
/// buffered yet. If the source ends before, the call fails with Errc::eof; if
/// the source fails, with the source's error. A call that fails consumes
/// nothing. [reader]
template <ByteSource S>
class StreamReader {
 public:
  using Bytes = LinkBuffer::Bytes;

  /// `source` must outlive this object. [init]
  explicit StreamReader(S& source) : source_(source) {}

  [[nodiscard]] Result<Bytes> next(std::size_t n) {
    return wait_for(n, [&] { return buffer_.next(n); });
  }
  [[nodiscard]] Result<Bytes> peek(std::size_t n) {
    return wait_for(n, [&] { return buffer_.peek(n); });
  }
  [[nodiscard]] Result<std::string> read_string(std::size_t n) {
    return wait_for(n, [&] { return buffer_.read_string(n); });
  }
  [[nodiscard]] Result<std::vector<std::byte>> read_binary(std::size_t n) {
    return wait_for(n, [&] { return buffer_.read_binary(n); });
  }
  [[nodiscard]] Result<std::byte> read_byte() {
    return wait_for(1, [&] { return buffer_.read_byte(); });
  }
  [[nodiscard]] Result<Slice> slice(std::size_t n) {
    return wait_for(n, [&] { return buffer_.slice(n); });
  }
  [[nodiscard]] std::error_code skip(std::size_t n) {
    if (const auto error = fill(n)) return error;
    return buffer_.skip(n);
  }
  [[nodiscard]] Result<Bytes> until(std::byte delimiter,
                                    std::size_t max = kNoLimit) {
    for (std::size_t searched = 0;;) {
      if (const auto at = buffer_.index_byte(delimiter, searched, max)) {
        return buffer_.next(*at + 1);
      }
      searched = buffer_.size();
      if (searched >= max) return netpoll::fail(Errc::too_long);
      if (const auto error = fill(searched + 1)) return netpoll::fail(error);
    }
  }
  [[nodiscard]] Result<Bytes> until(char delimiter,
                                    std::size_t max = kNoLimit) {
    return until(static_cast<std::byte>(delimiter), max);
  }
  void release() { buffer_.release(); }
  /// How many bytes were read from the source and are not consumed yet.
  /// [reader]
  std::size_t size() const { return buffer_.size(); }

 private:
  // One read of the source asks for at least this many bytes.
  static constexpr std::size_t kUnit = 4096;
  // One read of the source asks for at most this many bytes; for more, fill()
  // reads again. So a large n does not reserve memory for bytes that the source
  // may never deliver. Upstream: block4k, maxReadCycle.
  static constexpr std::size_t kReadMax = 16 * kUnit;

  template <class Take>
  std::invoke_result_t<Take> wait_for(std::size_t n, Take take) {
    if (const auto error = fill(n)) return fail(error);
    return take();
  }

  // Reads from the source until buffer_ holds n unread bytes. At the end of the
  // source it returns Errc::eof, else the source's error.
  [[nodiscard]] std::error_code fill(std::size_t n) {
    while (buffer_.size() < n) {
      const std::size_t want = std::clamp(n - buffer_.size(), kUnit, kReadMax);
      const std::span<std::byte> room = buffer_.book(want, want);
      const Result<std::size_t> got = source_.read(room);
      buffer_.book_ack(got.value_or(0));
      if (!got) return got.error();
      if (*got == 0) return Errc::eof;
    }
    return {};
  }

  S& source_;
  LinkBuffer buffer_;
};

/// A Writer over a sink. Each call does what the call of the same name does in
/// LinkBuffer; flush() also writes all bytes to the sink. [writer]
template <ByteSink S>
class StreamWriter {
 public:
  /// `sink` must outlive this object. [init]
  explicit StreamWriter(S& sink) : sink_(sink) {}

  std::span<std::byte> malloc(std::size_t n) { return buffer_.malloc(n); }
  [[nodiscard]] std::error_code malloc_ack(std::size_t n) {
    return buffer_.malloc_ack(n);
  }
  std::size_t malloc_size() const { return buffer_.malloc_size(); }
  void write_binary(LinkBuffer::Bytes bytes) { buffer_.write_binary(bytes); }
  void write_string(std::string_view text) { buffer_.write_string(text); }
  void write_byte(std::byte byte) { buffer_.write_byte(byte); }
  [[nodiscard]] std::error_code write_direct(Ref<Block> block,
                                             std::size_t remain = 0) {
    return buffer_.write_direct(std::move(block), remain);
  }
  void append(LinkBuffer&& other) { buffer_.append(std::move(other)); }

  /// Writes all bytes to the sink. Fails with the sink's error, or with
  /// Errc::eof when the sink takes no more bytes. After a failure the next
  /// flush() begins with the bytes that the sink has not taken. [writer]
  [[nodiscard]] std::error_code flush() {
    static_cast<void>(buffer_.flush());  // a LinkBuffer's flush() never fails
    LinkBuffer::Bytes piece;
    while (buffer_.gather(std::span(&piece, 1)) > 0) {
      const Result<std::size_t> taken = sink_.write(piece);
      if (!taken) return taken.error();
      if (*taken == 0) return Errc::eof;
      check(!buffer_.skip(*taken), "a sink took more than it was given");
      buffer_.release();
    }
    return {};
  }

 private:
  S& sink_;
  LinkBuffer buffer_;
};

/// A Reader and a Writer over one stream.
template <class S>
  requires ByteSource<S> && ByteSink<S>
class StreamReadWriter : public StreamReader<S>, public StreamWriter<S> {
 public:
  /// `stream` must outlive this object. [init]
  explicit StreamReadWriter(S& stream)
      : StreamReader<S>(stream), StreamWriter<S>(stream) {}
};
}  // namespace netpoll
