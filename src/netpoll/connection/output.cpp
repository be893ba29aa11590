// SPDX-License-Identifier: Apache-2.0
//
// drain() runs on the poller's thread, the rest on the writer's.
#include "netpoll/connection/output.h"

#include <algorithm>
#include <array>

namespace netpoll {

std::error_code Output::flush() {
  if (!may_write()) return Errc::conn_closed;
  switch (keys_.try_flush()) {
    case KeyChain<>::Flush::busy:
      return Errc::concurrent_access;
    case KeyChain<>::Flush::stopped:
      return Errc::conn_closed;
    case KeyChain<>::Flush::idle:
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
  // relaxed: the handler reads its own thread's store; for others it is a hint.
  return by == ClosedBy::none ||
         (by == ClosedBy::peer && answering_.load(std::memory_order_relaxed));
}

std::error_code Output::write(LinkBuffer::Bytes bytes) {
  write_binary(bytes);
  return flush();
}

std::error_code Output::send_all() {
  {
    const Lock lock(sending_);
    if (!armed_) {    // else the poller goes on, with this as well
      sent_.clear();  // left over from a close, or from a flush that timed out
      if (const auto error = send_some()) return error;
      if (buffer_.is_empty()) return {};
      if (const auto error = arm()) return error;
    }
    if (!poller_.may_wait()) return {};
  }
  return wait_sent();
}

std::error_code Output::arm() {
  if (const auto error = poller_.watch_output(op_, true)) return error;
  armed_ = true;
  error_ = {};
  if (poller_.may_wait()) return {};
  backlog_limit_ = std::min(limit_.from_now(), last_limit_);
  poller_.set_timer(op_, Deadline::clock::now());  // to look at the limit
  // release: pairs with the acquire in has_backlog().
  backlog_.store(true, std::memory_order_release);
  return {};
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
    activity_.touch();
  }
  return {};
}

std::error_code Output::wait_sent() {
  const Deadline limit = limit_.from_now();
  for (bool in_time = true;; in_time = sent_.wait_until(limit)) {
    const Lock lock(sending_);
    if (!armed_) return error_;
    if (in_time && may_write()) continue;
    if (!has_backlog()) disarm();  // else it is the poller's to end
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
  backlog_limit_ = kNever;
  // release: pairs with the acquire in has_backlog().
  backlog_.store(false, std::memory_order_release);
  // Fails only for a descriptor that is gone, and then nobody watches it.
  static_cast<void>(poller_.watch_output(op_, false));
}

bool Output::has_backlog() const {
  // acquire: pairs with the release in arm() and disarm().
  return backlog_.load(std::memory_order_acquire);
}

Deadline Output::backlog_limit() const {
  const Lock lock(sending_);
  return backlog_limit_;
}

void Output::limit_backlog(Deadline limit) {
  const Lock lock(sending_);
  last_limit_ = std::min(last_limit_, limit);
  if (!has_backlog()) return;
  backlog_limit_ = std::min(backlog_limit_, limit);
  poller_.set_timer(op_, Deadline::clock::now());
}

void Output::drop_backlog() {
  if (!has_backlog()) return;
  const Lock lock(sending_);
  if (has_backlog()) disarm();
}

}  // namespace netpoll
