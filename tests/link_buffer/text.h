// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bytes as text, so that a failed test prints something to read.

#include <gtest/gtest.h>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "netpoll/base/bytes.h"
#include "netpoll/base/result.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/mcache/mcache.h"

namespace netpoll {

inline std::string text(std::span<const std::byte> bytes) {
  return std::string(as_text(bytes));
}

/// The view's bytes, or the error in brackets.
template <std::same_as<Result<LinkBuffer::Bytes>> View>
std::string text(const View& view) {
  return view ? text(*view) : "[" + view.error().message() + "]";
}

inline std::span<const std::byte> raw(std::string_view text) {
  return as_bytes(text);
}

/// Writes and commits.
inline void put(LinkBuffer& buffer, std::string_view text) {
  buffer.write_string(text);
  buffer.flush();
}

/// Writes, in a node of its own, and commits.
inline void put_node(LinkBuffer& buffer, std::string_view text) {
  EXPECT_FALSE(buffer.write_direct(Block::owned(std::string(text))));
  buffer.flush();
}

/// Whether the pool would hand out the block at `base` next: it does so with
/// the block of that size that this thread freed last.
inline bool freed_last(const std::byte* base, std::size_t capacity) {
  const mcache::Memory memory = mcache::malloc(capacity);
  const bool same = memory.base == base;
  mcache::free(memory);
  return same;
}

}  // namespace netpoll
