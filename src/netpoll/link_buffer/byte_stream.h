// SPDX-License-Identifier: Apache-2.0
#pragma once

// A byte stream copies: read(into), write(from). And how a Reader or a Writer
// is used as one, by code that knows nothing else.
//
//    ReaderStream         is a ByteSource  over a Reader
//    WriterStream         is a ByteSink    over a Writer
//    ReaderWriterStream   is both
//
// The other way round: stream_reader_writer.h. Each borrows what it is made
// over and belongs to one thread at a time. A stream may move fewer bytes than
// it was asked to; 0 is its end.
// Upstream: nocopy.go:225 (NewIOReader, NewIOWriter), nocopy_readwriter.go:197.
// Unlike upstream: an empty connection is waited for, not taken for its end.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>

#include "netpoll/base/bytes.h"
#include "netpoll/base/result.h"
#include "netpoll/link_buffer/reader_writer.h"

namespace netpoll {

/// Fills some of `to`, blocking until there is something; 0 is the end.
template <class S>
concept ByteSource = requires(S& source, std::span<std::byte> to) {
  { source.read(to) } -> std::same_as<Result<std::size_t>>;
};

/// Takes some of `from`; 0 is the end: it will take no more.
template <class S>
concept ByteSink = requires(S& sink, std::span<const std::byte> from) {
  { sink.write(from) } -> std::same_as<Result<std::size_t>>;
};

/// A source over a Reader.
template <Reader R>
class ReaderStream {
 public:
  /// `reader` must outlive this. [init]
  explicit ReaderStream(R& reader) : reader_(reader) {}

  /// Copies what is there, at most to.size() bytes, and releases it; waits
  /// only when nothing is there, and if the Reader can wait. 0 at its end; its
  /// other errors are passed on. [reader]
  Result<std::size_t> read(std::span<std::byte> to) {
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

/// A sink over a Writer.
template <Writer W>
class WriterStream {
 public:
  /// `writer` must outlive this. [init]
  explicit WriterStream(W& writer) : writer_(writer) {}

  /// Writes and flushes all of `from`. Fails as flush() does; what becomes of
  /// the bytes then, the Writer says. [writer]
  Result<std::size_t> write(std::span<const std::byte> from) {
    writer_.write_binary(from);
    if (const auto error = writer_.flush()) return fail(error);
    return from.size();
  }

 private:
  W& writer_;
};

/// Both, over one thing or over the two halves of a connection.
template <Reader R, Writer W = R>
class ReaderWriterStream : public ReaderStream<R>, public WriterStream<W> {
 public:
  /// Both must outlive this. [init]
  ReaderWriterStream(R& reader, W& writer)
      : ReaderStream<R>(reader), WriterStream<W>(writer) {}
};

/// `reader` itself if it is a source already, else a source over it. [init]
template <Reader R>
decltype(auto) as_source(R& reader) {
  if constexpr (ByteSource<R>) {
    return (reader);
  } else {
    return ReaderStream<R>(reader);
  }
}

/// `writer` itself if it is a sink already, else a sink over it. [init]
template <Writer W>
decltype(auto) as_sink(W& writer) {
  if constexpr (ByteSink<W>) {
    return (writer);
  } else {
    return WriterStream<W>(writer);
  }
}

}  // namespace netpoll
