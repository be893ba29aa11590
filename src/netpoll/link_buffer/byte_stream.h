// SPDX-License-Identifier: Apache-2.0
#pragma once

// Byte streams, whose read(into) and write(from) copy, and adapters that make a
// Reader or a Writer a byte stream, for code that knows only streams.
//
//    ReaderStream         is a ByteSource  over a Reader
//    WriterStream         is a ByteSink    over a Writer
//    ReaderWriterStream   is both
//
// stream_reader_writer.h makes a Reader or a Writer from a byte stream. Each
// adapter borrows the object it is made over, and one thread at a time uses it.
// A stream may move fewer bytes than it was asked to move; 0 bytes is its end.
// Upstream: nocopy.go:225 (NewIOReader), nocopy.go:233 (NewIOWriter),
// nocopy_readwriter.go:228 (ioReader), :266 (ioWriter).
// Unlike upstream, over a Reader that is not a connection: ReaderStream waits
// for bytes if the Reader can wait, where ioReader takes "nothing there" for
// the end.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>

#include "netpoll/base/bytes.h"
#include "netpoll/base/result.h"
#include "netpoll/link_buffer/reader_writer.h"

namespace netpoll {

/// read() copies some bytes into `to`, and returns their number. It blocks
/// until there is at least one byte. The number 0 means the end of the stream.
template <class S>
concept ByteSource = requires(S& source, std::span<std::byte> to) {
  { source.read(to) } -> std::same_as<Result<std::size_t>>;
};

/// write() takes some of the first bytes of `from`, and returns their number.
/// The number 0 means the end: the sink will take no more.
template <class S>
concept ByteSink = requires(S& sink, std::span<const std::byte> from) {
  { sink.write(from) } -> std::same_as<Result<std::size_t>>;
};

/// A ByteSource over a Reader.
template <Reader R>
class ReaderStream {
 public:
  /// `reader` must outlive this object. [init]
  explicit ReaderStream(R& reader) : reader_(reader) {}

  /// Copies the unread bytes of the Reader, at most to.size(), into `to`, and
  /// releases them. Waits only when the Reader has no unread byte, and only if
  /// the Reader can wait. Returns 0 at the Reader's end, or if the Reader has
  /// no byte and cannot wait. Fails with any other error of the Reader.
  /// [reader]
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> to) {
    if (to.empty()) return 0;
    if (const auto first = reader_.peek(1); !first) {
      const std::error_code error = first.error();
      if (error == Errc::eof || error == Errc::short_buffer) return 0;
      return fail(error);
    }
    const auto bytes = reader_.next(std::min(to.size(), reader_.size()));
    if (!bytes) return fail(bytes.error());
    copy_bytes(*bytes, to);
    const std::size_t n = bytes->size();
    reader_.release();
    return n;
  }

 private:
  R& reader_;
};

/// A ByteSink over a Writer.
template <Writer W>
class WriterStream {
 public:
  /// `writer` must outlive this object. [init]
  explicit WriterStream(W& writer) : writer_(writer) {}

  /// Writes and flushes all of `from`. Fails with the error of flush(). Whether
  /// a later flush() then writes these bytes depends on the Writer. [writer]
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> from) {
    writer_.write_binary(from);
    if (const auto error = writer_.flush()) return fail(error);
    return from.size();
  }

 private:
  W& writer_;
};

/// A ByteSource over a Reader and a ByteSink over a Writer. Both may be the
/// same object, or the two halves of one connection.
template <Reader R, Writer W = R>
class ReaderWriterStream : public ReaderStream<R>, public WriterStream<W> {
 public:
  /// `reader` and `writer` must outlive this object. [init]
  ReaderWriterStream(R& reader, W& writer)
      : ReaderStream<R>(reader), WriterStream<W>(writer) {}
};

/// `reader` itself if it is a ByteSource, else a ReaderStream over it. The
/// result must not outlive `reader`. [init]
template <Reader R>
decltype(auto) as_source(R& reader) {
  if constexpr (ByteSource<R>) {
    return (reader);
  } else {
    return ReaderStream<R>(reader);
  }
}

/// `writer` itself if it is a ByteSink, else a WriterStream over it. The result
/// must not outlive `writer`. [init]
template <Writer W>
decltype(auto) as_sink(W& writer) {
  if constexpr (ByteSink<W>) {
    return (writer);
  } else {
    return WriterStream<W>(writer);
  }
}

}  // namespace netpoll
