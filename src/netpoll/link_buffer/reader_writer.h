// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls of an object from which bytes can be read, or to which bytes can be
// written.
//
//    Reader:  LinkBuffer, Slice, a connection's Input
//    Writer:  LinkBuffer,        a connection's Output
//
// Reader and Writer are concepts, not base classes. A codec that is written as
//
//    template <Reader R> Result<Request> decode(R& reader);
//
// runs on a LinkBuffer in its tests and on a connection in a server, without a
// virtual call. link_buffer.h says what each call does; the calls of a
// connection also wait for bytes, and fail when the connection is closed.
// Upstream: nocopy.go:32 (Reader), nocopy.go:123 (Writer).

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "netpoll/base/result.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {

template <class R>
concept Reader = requires(R& reader, std::size_t n, std::byte delimiter) {
  { reader.next(n) } -> std::same_as<Result<std::span<const std::byte>>>;
  { reader.peek(n) } -> std::same_as<Result<std::span<const std::byte>>>;
  { reader.skip(n) } -> std::same_as<std::error_code>;
  {
    reader.until(delimiter)
  } -> std::same_as<Result<std::span<const std::byte>>>;
  { reader.read_string(n) } -> std::same_as<Result<std::string>>;
  { reader.read_binary(n) } -> std::same_as<Result<std::vector<std::byte>>>;
  { reader.read_byte() } -> std::same_as<Result<std::byte>>;
  { reader.slice(n) } -> std::same_as<Result<Slice>>;
  { reader.release() } -> std::same_as<void>;
  { reader.size() } -> std::same_as<std::size_t>;
};

template <class W>
concept Writer =
    requires(W& writer, std::size_t n, std::span<const std::byte> bytes,
             std::string_view text, std::byte byte, Ref<Block> block,
             LinkBuffer&& other) {
      { writer.malloc(n) } -> std::same_as<std::span<std::byte>>;
      { writer.malloc_ack(n) } -> std::same_as<std::error_code>;
      { writer.malloc_size() } -> std::same_as<std::size_t>;
      writer.write_binary(bytes);
      writer.write_string(text);
      writer.write_byte(byte);
      { writer.write_direct(block, n) } -> std::same_as<std::error_code>;
      writer.append(std::move(other));
      { writer.flush() } -> std::same_as<std::error_code>;
    };

static_assert(Reader<LinkBuffer> && Writer<LinkBuffer>);
static_assert(Reader<Slice> && !Writer<Slice>);

}  // namespace netpoll
