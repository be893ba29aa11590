// SPDX-License-Identifier: Apache-2.0
//
// drain() runs on the poller's thread, the rest on the writer's.
#include "connection/output.h"

#include <array>

#include "link_buffer/reader_writer.h"

namespace netpoll {

static_assert(Writer<Output>);

std::error_code Output::flush() {
  if (!may_write()) return Errc::conn_closed;
  switch (keys_.try_flush()) {
    case KeyChain::Flush::busy:
      return Errc::concurrent_access;
    case KeyChain::Flush::stopped:
      return Errc::conn_closed;
    case KeyChain::Flush::idle:
      break;
  }
  static_cast<void>(buffer_.flush());  // a LinkBuffer's never fails
  const std::error_code error = send_all();
  keys_.end_flush();
  return error;
}

// A peer that has only finished sending may still be reading, so the handler
// that is at work on its last request can answer. Unlike upstream, where a
// half-closed peer gets nothing (poll_default_linux.go:118).
bool Output::may_write() const {
  const ClosedBy by = keys_.closed_by();
  return by == ClosedBy::none ||
         (by == ClosedBy::peer && keys_.is_processing());
}

std::error_code Output::send_all() {
  {
    const Lock lock(sending_);
    sent_.clear();  // left over from a close, or from a flush that timed out
    if (const auto error = send_some()) return error;
    if (buffer_.is_empty()) return {};
    if (const auto error = poller_.watch_output(op_, true)) return error;
    armed_ = true;
    error_ = {};
  }
  return wait_sent();
}

// Until the buffer is empty, or the socket full.
std::error_code Output::send_some() {
  std::array<std::span<const std::byte>, os::kIoVecsMax> pieces;
  while (!buffer_.is_empty()) {
    const std::size_t count = buffer_.gather(pieces);
    const auto moved = os::sendmsg(op_.fd(), std::span(pieces).first(count));
    if (!moved) return moved.error();
    if (moved->again) return {};
    if (const auto error = buffer_.skip(moved->bytes)) return error;
    buffer_.release();
  }
  return {};
}

std::error_code Output::wait_sent() {
  // relaxed: a number on its own.
  const Deadline limit = deadline_of(timeout_.load(std::memory_order_relaxed));
  for (bool in_time = true;; in_time = sent_.wait_until(limit)) {
    const Lock lock(sending_);
    if (!armed_) return error_;
    if (in_time && may_write()) continue;
    disarm();
    return may_write() ? Errc::write_timeout : Errc::conn_closed;
  }
}

std::error_code Output::drain() {
  const Lock lock(sending_);
  if (!armed_) return {};  // the writer gave up; this event is a late one
  error_ = send_some();
  if (error_ || buffer_.is_empty()) {
    disarm();
    sent_.pull();
  }
  return error_;
}

void Output::disarm() {
  armed_ = false;
  // Fails only for a descriptor that is gone, and then nobody watches it.
  static_cast<void>(poller_.watch_output(op_, false));
}

void Output::set_write_timeout(std::chrono::milliseconds timeout) {
  if (timeout.count() < 0) return;
  // relaxed: see wait_sent().
  timeout_.store(timeout, std::memory_order_relaxed);
}

}  // namespace netpoll
