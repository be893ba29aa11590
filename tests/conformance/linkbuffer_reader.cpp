// SPDX-License-Identifier: Apache-2.0

#include "linkbuffer_reader.h"

#include <algorithm>
#include <array>

#include "netpoll/base/error.h"

namespace netpoll::conformance {
namespace {

void add_hex(std::string& text, std::uint64_t number, int digits) {
  for (int shift = 4 * digits; shift > 0;) {
    shift -= 4;
    text += "0123456789abcdef"[(number >> shift) & 15U];
  }
}

// The upstream sizes are signed; a negative one is far too large here.
std::size_t size_from(std::istringstream& arguments) {
  long long n = 0;
  arguments >> n;
  return static_cast<std::size_t>(n);
}

template <class Reader>
std::string gather(Reader& reader, std::size_t most) {
  std::vector<Bytes> pieces(most);
  if (most == 0) {
    pieces = reader.gather();
  } else {
    pieces.resize(reader.gather(pieces));
  }
  std::vector<std::byte> all;
  for (const Bytes piece : pieces)
    all.insert(all.end(), piece.begin(), piece.end());
  return show(all);
}

template <class Reader>
std::string read_string(Reader& reader, std::size_t n, Break fault) {
  Result<std::string> text = reader.read_string(n);
  if (!text) return show(text.error());
  if (fault.copy && n > LinkBuffer::kBlockSize) text->back() ^= 1;
  return show(std::as_bytes(std::span(*text)));
}

template <class Reader>
std::string cut(Reader& reader, Slices& slices, std::istringstream& arguments) {
  const std::size_t n = size_from(arguments);
  int name = 0;
  arguments >> name;
  Result<Slice> slice = reader.slice(n);
  if (!slice) return show(slice.error());
  const std::string size = std::to_string(slice->size());
  slices.insert_or_assign(name, SliceReader(*std::move(slice)));
  return size;
}

template <class Reader>
std::string views_of(Reader& reader, Views& views, std::string_view op,
                     std::istringstream& arguments) {
  if (op == "bytes") return views.add(reader.bytes());
  const std::size_t n = size_from(arguments);
  const Result<Bytes> got = op == "next"   ? reader.next(n)
                            : op == "peek" ? reader.peek(n)
                                           : reader.until(std::byte(n));
  return got ? views.add(*got) : show(got.error());
}

}  // namespace

std::string show(Bytes bytes) {
  std::string text = std::to_string(bytes.size()) + ":";
  constexpr std::size_t kReadable = 12;
  if (bytes.size() <= kReadable) {
    for (const std::byte byte : bytes)
      add_hex(text, std::to_integer<std::uint64_t>(byte), 2);
    return text;
  }
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const std::byte byte : bytes)
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 1099511628211U;
  add_hex(text, hash, 16);
  return text;
}

std::string show(std::error_code error) {
  if (!error) return "ok";
  if (error == Errc::short_buffer) return "short";
  if (error == Errc::invalid_argument) return "invalid";
  return error.message();
}

std::string Views::add(Bytes view) {
  return views_.emplace_back(view, show(view)).second;
}

std::string Views::check() const {
  const bool hold = std::ranges::all_of(views_, [](const auto& entry) {
    return show(entry.first) == entry.second;
  });
  return hold ? "ok" : "bad";
}

template <class Reader>
std::string read(Reader& reader, Views& views, Slices& slices, Break fault,
                 std::string_view op, std::istringstream& arguments) {
  if (op == "next" || op == "peek" || op == "until" || op == "bytes")
    return views_of(reader, views, op, arguments);
  if (op == "skip") return show(reader.skip(size_from(arguments)));
  if (op == "rstring") return read_string(reader, size_from(arguments), fault);
  if (op == "rbinary") {
    const auto bytes = reader.read_binary(size_from(arguments));
    return bytes ? show(*bytes) : show(bytes.error());
  }
  if (op == "rbyte") {
    const Result<std::byte> byte = reader.read_byte();
    return byte ? show(std::array{*byte}) : show(byte.error());
  }
  if (op == "slice") return cut(reader, slices, arguments);
  if (op == "gather") return gather(reader, size_from(arguments));
  if (op != "release") return "?";
  const std::string verdict = views.check();
  views.clear();
  reader.release();
  return verdict;
}

template std::string read(LinkBuffer&, Views&, Slices&, Break, std::string_view,
                          std::istringstream&);
template std::string read(Slice&, Views&, Slices&, Break, std::string_view,
                          std::istringstream&);

}  // namespace netpoll::conformance
