// SPDX-License-Identifier: Apache-2.0
#pragma once

// The reader's half of a LinkBuffer or a Slice, beside a std::string.
//
//    ReadModel::unread    the bytes that can be read
//    ReadModel::views     (view, the bytes that it showed when it was made)
//
// read_step() makes one call that the script chooses. The call must return what
// the string says, and each view must show the same bytes until release().

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/script.h"
#include "netpoll/base/bytes.h"
#include "netpoll/base/check.h"
#include "netpoll/base/error.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll::fuzz {

using Bytes = LinkBuffer::Bytes;

struct ReadModel {
  std::string unread;
  std::deque<std::pair<Bytes, std::string>> views;

  std::string take(std::size_t n) {
    std::string front = unread.substr(0, n);
    unread.erase(0, n);
    return front;
  }

  void add_view(Bytes view, std::size_t n) {
    check(as_text(view) == std::string_view(unread).substr(0, n),
          "a view shows other bytes than were written");
    constexpr std::size_t kViewsMax = 12;
    views.emplace_back(view, unread.substr(0, n));
    if (views.size() > kViewsMax) views.pop_front();
  }

  void compare_views() const {
    for (const auto& [view, expected] : views)
      check(as_text(view) == expected, "a view changed before release()");
  }
};

/// Checks that a call for `n` of the model's bytes has failed, and only failed,
/// if there are fewer. Returns whether it has succeeded.
template <class T>
bool succeeded(const Result<T>& result, std::size_t n, const ReadModel& model) {
  check(result.has_value() == (n <= model.unread.size()),
        "a read of bytes that are there fails, or one of missing bytes works");
  check(result || result.error() == Errc::short_buffer, "another error");
  return result.has_value();
}

// next() and peek(): a view, and an entry of the list of views.
template <class R>
void read_view(R& reader, ReadModel& model, std::size_t n, bool consumes) {
  const Result<Bytes> view = consumes ? reader.next(n) : reader.peek(n);
  if (!succeeded(view, n, model)) return;
  model.add_view(*view, n);
  if (consumes) model.take(n);
}

template <class R>
void read_until(R& reader, ReadModel& model, Script& script) {
  // Mostly a byte that is there; its first place may lie before `n`.
  const std::size_t n = script.size_of(model.unread.size());
  const char delimiter = n < model.unread.size() ? model.unread[n] : '\n';
  const std::size_t max = script.below(4) == 0 ? script.size() : kNoLimit;
  const std::size_t at = model.unread.find(delimiter);
  const Result<Bytes> line = reader.until(delimiter, max);
  if (at != std::string::npos && at < max) {
    check(line.has_value(), "until() does not find the delimiter");
    model.add_view(*line, at + 1);
    model.take(at + 1);
    return;
  }
  const bool is_long = model.unread.size() >= max;
  check(!line, "until() finds a delimiter that is not there");
  check(line.error() == (is_long ? Errc::too_long : Errc::short_buffer),
        "until() fails with another error");
}

// The calls that copy: read_string(), read_binary(), read_byte(), skip().
template <class R>
void read_copy(R& reader, ReadModel& model, Script& script) {
  const std::size_t kind = script.below(4);
  const std::size_t n = kind == 3 ? 1 : script.size_of(model.unread.size());
  if (kind == 0) {
    const Result<std::string> text = reader.read_string(n);
    if (succeeded(text, n, model)) check(*text == model.take(n), "read_string");
  } else if (kind == 1) {
    const auto bytes = reader.read_binary(n);
    if (succeeded(bytes, n, model))
      check(as_text(*bytes) == model.take(n), "read_binary");
  } else if (kind == 2) {
    const std::error_code error = reader.skip(n);
    check(!error == (n <= model.unread.size()), "skip");
    if (!error) model.take(n);
  } else {
    const Result<std::byte> byte = reader.read_byte();
    if (succeeded(byte, n, model))
      check(as_text({&*byte, 1}) == model.take(1), "read_byte");
  }
}

template <class R>
void look(R& reader, const ReadModel& model, Script& script) {
  const std::size_t n = script.size_of(model.unread.size());
  const std::size_t skip = script.size_of(model.unread.size());
  const std::size_t max = script.below(2) == 0 ? kNoLimit : script.size();
  const char c = n < model.unread.size() ? model.unread[n] : '\0';
  const std::string searched = model.unread.substr(0, max);
  const std::size_t at = searched.find(c, skip);
  const auto found = reader.index_byte(static_cast<std::byte>(c), skip, max);
  check(found.has_value() == (at != std::string::npos), "index_byte");
  check(!found || *found == at, "index_byte finds another place");
}

template <class R>
void gather(R& reader, const ReadModel& model, std::size_t fit) {
  std::array<Bytes, 8> some;
  const std::size_t count = reader.gather(std::span(some).first(fit));
  const std::vector<Bytes> all = reader.gather();
  check(count == std::min(fit, all.size()), "gather() fills fewer views");
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    check(!all[i].empty(), "gather() returns an empty view");
    check(i >= count || all[i].data() == some[i].data(), "gather() twice");
    text += as_text(all[i]);
  }
  check(text == model.unread, "gather() shows other bytes");
}

constexpr std::size_t kReadKinds = 8;

/// One call of the reader's half that neither slices nor releases.
template <class R>
void read_step(R& reader, ReadModel& model, Script& script, std::size_t kind) {
  switch (kind % kReadKinds) {
    case 0:
    case 1:
      return read_view(reader, model, script.size_of(model.unread.size()),
                       true);
    case 2:
      return read_view(reader, model, script.size_of(model.unread.size()),
                       false);
    case 3:
      return read_until(reader, model, script);
    case 4:
      return read_copy(reader, model, script);
    case 5:
      return look(reader, model, script);
    case 6:
      return gather(reader, model, script.below(9));
    default:
      return model.add_view(reader.bytes(), model.unread.size());
  }
}

}  // namespace netpoll::fuzz
