// SPDX-License-Identifier: Apache-2.0
//
// A connection over a socketpair: pieces of any size go both ways, and every
// byte arrives once and in order, whatever the reader and the writer call.
//
//    far end --send--> [ kernel ] --poller--> Input   <-- next, until, …
//    far end <--recv-- [ kernel ] <---------- Output  <-- malloc, flush, …
//
// This thread has the far end and is reader and writer; the poller is another.
// A read never asks for more than was sent, so it never waits for ever.

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <semaphore>
#include <string>
#include <utility>

#include "fuzz/link.h"

namespace netpoll::fuzz {
namespace {

// One connection and all that the script did to it.
class Talk {
 public:
  explicit Talk(Script script) : script_(script) {}

  bool is_over() const { return script_.is_over(); }
  void step();
  void end();

 private:
  void send_far();
  void receive_far(std::size_t n);
  void read();
  void read_until();
  void read_into();
  void read_slice();
  void release();
  void write();
  void flush();
  void flush_in_haste();
  void compare() const;

  Input& in() { return link_.conn().reader(); }
  Output& out() { return link_.conn().writer(); }
  bool take(std::size_t n, std::string_view bytes) {
    return model_.take(n) == bytes;
  }

  Script script_;
  Link link_;
  Stream there_;         // what the far end sends
  Stream back_;          // what it gets
  ReadModel model_;      // sent by the far end and not read
  std::string pending_;  // written and not flushed
  std::string flushed_;  // flushed and not received
  std::size_t flushes_ = 0;
  std::size_t max_input_ = 0;
  bool far_is_shut_ = false;
  bool near_is_shut_ = false;
};

void Talk::send_far() {
  constexpr std::size_t kUnreadMax = 100'000;
  if (far_is_shut_ || model_.unread.size() > kUnreadMax) return;
  // What the socket does not take was not sent: the stream goes back to it.
  const Stream before = there_;
  const std::string bytes = there_.take(script_.size());
  const std::size_t n = link_.send(bytes);
  there_ = before;
  model_.unread += there_.take(n);
}

void Talk::receive_far(std::size_t n) {
  n = std::min(n, flushed_.size());
  check(link_.receive(n) == flushed_.substr(0, n), "other bytes were sent");
  flushed_.erase(0, n);
  if (flushed_.empty()) flushes_ = 0;
}

// A read of bytes that were sent; they may still be on their way. Behind the
// end of the stream a read for more fails, and takes nothing.
void Talk::read() {
  const std::size_t kind = script_.below(6);
  std::size_t n = script_.size_of(model_.unread.size());
  if (!far_is_shut_) n = std::min(n, model_.unread.size());
  if (kind < 2) {
    const Result<Bytes> view = kind == 0 ? in().next(n) : in().peek(n);
    check(view.has_value() == (n <= model_.unread.size()), "next() or peek()");
    if (!view) return check(view.error() == Errc::eof, "another end");
    model_.add_view(*view, n);
    if (kind == 0) model_.take(n);
  } else if (kind == 2) {
    const std::error_code error = in().skip(n);
    check(error ? n > model_.unread.size() : n <= model_.unread.size(), "skip");
    if (!error) model_.take(n);
  } else if (kind == 3) {
    const Result<std::string> text = in().read_string(n);
    check(text.has_value() == (n <= model_.unread.size()), "read_string()");
    if (text) check(take(n, *text), "read_string() reads other bytes");
  } else if (kind == 4) {
    const auto bytes = in().read_binary(n);
    check(bytes.has_value() == (n <= model_.unread.size()), "read_binary()");
    if (bytes) check(take(n, as_text(*bytes)), "read_binary(): other bytes");
  } else if (!model_.unread.empty()) {
    const Result<std::byte> byte = in().read_byte();
    check(byte && take(1, as_text({&*byte, 1})), "read_byte()");
  }
}

void Talk::read_until() {
  const std::size_t n = script_.size_of(model_.unread.size());
  if (n >= model_.unread.size()) return;
  const char delimiter = model_.unread[n];
  const std::size_t at = model_.unread.find(delimiter);
  std::size_t max = script_.below(4) == 0 ? 1 + script_.size() : kNoLimit;
  const Result<Bytes> line = in().until(delimiter, max);
  if (max == kNoLimit && max_input_ > 0) max = max_input_;
  check(line.has_value() == (at < max), "until()");
  if (!line) return check(line.error() == Errc::too_long, "until(): error");
  model_.add_view(*line, at + 1);
  model_.take(at + 1);
}

void Talk::read_into() {
  if (model_.unread.empty()) return;
  std::string room(script_.size(), '\0');
  const Result<std::size_t> n =
      in().read(std::as_writable_bytes(std::span(room)));
  check(n && *n <= room.size() && (*n > 0 || room.empty()), "read()");
  check(take(*n, room.substr(0, *n)), "read() reads other bytes");
}

void Talk::read_slice() {
  const std::size_t n =
      std::min(script_.size_of(model_.unread.size()), model_.unread.size());
  Result<Slice> slice = in().slice(n);
  check(slice && slice->size() == n, "slice()");
  if (near_is_shut_ || script_.below(2) == 0) {
    return check(take(n, as_text(slice->bytes())), "slice() of other bytes");
  }
  out().append(std::move(*slice));  // an echo without a copy
  pending_ += model_.take(n);
}

void Talk::release() {
  model_.views.clear();
  in().release();
}

void Talk::write() {
  constexpr std::size_t kPendingMax = 100'000;
  const std::size_t kind = script_.below(4);
  if (kind == 3) {
    const std::size_t n = script_.size_of(pending_.size());
    const bool fits = n <= pending_.size();
    check(!out().malloc_ack(n) == fits, "malloc_ack()");
    if (fits) pending_.resize(n);
    return;
  }
  if (pending_.size() > kPendingMax) return;
  const std::string text = back_.take(script_.size());
  std::size_t remain = 0;
  if (kind == 0) {
    out().write_string(text);
  } else if (kind == 1) {
    copy_bytes(as_bytes(text), out().malloc(text.size()));
  } else {
    remain = std::min(script_.size_of(pending_.size()), pending_.size());
    check(!out().write_direct(Block::owned(text), remain), "write_direct()");
  }
  pending_.insert(pending_.size() - remain, text);
}

// Sends all. The far end reads first when the socket could be full.
void Talk::flush() {
  constexpr std::size_t kRoom = 60'000;
  constexpr std::size_t kFlushesMax = 20;
  if (near_is_shut_) {
    return check(out().flush() == Errc::conn_closed, "flush() after the end");
  }
  if (flushed_.size() + pending_.size() > kRoom || ++flushes_ > kFlushesMax) {
    return flush_in_haste();
  }
  check(!out().flush(), "flush() fails");
  flushed_ += std::exchange(pending_, {});
}

// Sends with a write timeout, while the far end reads only in between.
void Talk::flush_in_haste() {
  if (near_is_shut_) return;
  flushed_ += std::exchange(pending_, {});
  link_.conn().set_write_timeout(std::chrono::milliseconds(1));
  for (;;) {
    const std::error_code error = out().flush();
    if (!error) break;
    check(error == Errc::write_timeout, "flush() fails");
    std::string got = link_.receive_some();
    check(flushed_.starts_with(got), "a late flush sends other bytes");
    flushed_.erase(0, got.size());
  }
  link_.conn().set_write_timeout(std::chrono::milliseconds(0));
  receive_far(flushed_.size());
}

void Talk::compare() const {
  check(link_.conn().reader().size() <= model_.unread.size(), "size()");
  check(link_.conn().writer().malloc_size() == pending_.size(),
        "malloc_size()");
  model_.compare_views();
}

void Talk::step() {
  switch (script_.below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
      send_far();
      break;
    case 4:
    case 5:
    case 6:
      read();
      break;
    case 7:
      read_until();
      break;
    case 8:
      read_into();
      break;
    case 9:
      read_slice();
      break;
    case 10:
      release();
      break;
    case 11:
    case 12:
    case 13:
      write();
      break;
    case 14:
    case 15:
      flush();
      break;
    case 16:
      receive_far(script_.size());
      break;
    case 17:
      max_input_ = script_.size();
      link_.conn().set_max_input(max_input_);
      break;
    case 18:
      if (script_.below(8) == 0) flush_in_haste();
      break;
    default:
      if (script_.below(16) != 0) break;
      if (script_.below(2) == 0) {
        link_.shut_far();
        far_is_shut_ = true;
      } else if (pending_.empty() && !near_is_shut_) {
        check(!link_.conn().shutdown_write(), "shutdown_write()");
        near_is_shut_ = true;
      }
  }
  compare();
}

// All that was sent and not read is still there, on both sides.
void Talk::end() {
  flush_in_haste();
  receive_far(flushed_.size());
  link_.shut_far();
  const std::size_t n = model_.unread.size();
  const Result<Bytes> rest = in().next(n);
  check(rest.has_value(), "unread bytes are lost");
  model_.add_view(*rest, n);
  check(in().peek(1).error() == Errc::eof, "no end behind the last byte");
  model_.compare_views();
  link_.close();
}

}  // namespace
}  // namespace netpoll::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  netpoll::fuzz::Talk talk{netpoll::fuzz::Script({data, size})};
  while (!talk.is_over())
    talk.step();
  talk.end();
  return 0;
}
