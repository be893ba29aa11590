// SPDX-License-Identifier: Apache-2.0
//
// [poller] drain() and finish_turn(); [writer] the rest, unless it says [any].
#include "netpoll/connection/output.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "netpoll/os/half_close.h"

namespace netpoll {
namespace {

// How many bytes a worker sends at most before it looks whether the connection
// was closed. With a peer that reads as fast as the loop sends, the socket is
// never full. A poller sends Poller::turn_bytes() at most.
constexpr std::size_t kTurnMax = 1024 * 1024;
// How many pieces of the buffer one sendmsg(2) is given at most.
constexpr std::size_t kPiecesMax = 32;

// Shortens the first `count` of `pieces` to `max` bytes in all; returns how
// many pieces are left.
std::size_t cut(std::span<LinkBuffer::Bytes> pieces, std::size_t count,
                std::size_t max) {
  for (std::size_t i = 0; i < count; ++i) {
    if (pieces[i].size() >= max) {
      pieces[i] = pieces[i].first(max);
      return i + 1;
    }
    max -= pieces[i].size();
  }
  return count;
}

// Sends `max` bytes of `buffer` at most, with one system call. An answer is
// mostly one piece, and then no array of pieces is filled.
Result<os::Moved> send_once(LinkBuffer& buffer, int fd, std::size_t max) {
  std::array<LinkBuffer::Bytes, 1> first;
  buffer.gather(first);
  const std::size_t size = std::min(first[0].size(), max);
  if (size == max || size == buffer.size()) {
    first[0] = first[0].first(size);
    return os::sendmsg(fd, first);
  }
  std::array<LinkBuffer::Bytes, kPiecesMax> pieces;
  const std::size_t count = cut(pieces, buffer.gather(pieces), max);
  return os::sendmsg(fd, std::span(pieces).first(count));
}

}  // namespace

std::error_code Output::flush() {
  State state = State::idle;
  if (const auto error = begin_flush(state)) return error;
  static_cast<void>(buffer_.flush());  // a LinkBuffer's flush() never fails
  return state == State::sending ? send_all() : leave_to_poller();
}

std::error_code Output::write(LinkBuffer::Bytes bytes) {
  write_binary(bytes);
  return flush();
}

std::error_code Output::begin_flush(State& state) {
  const Lock lock(mutex_);
  if (shut_ || stopped_ || !life_.can_write()) return Errc::conn_closed;
  switch (state_) {
    case State::idle:
      // After the write timeout of an earlier flush the poller may still be
      // inside its last send. Then this flush leaves the sending to the poller,
      // too.
      set_state(draining_ ? State::awaited : State::sending);
      break;
    case State::unattended:
      set_state(State::awaited);
      taken_over_ = true;
      poller_.set_timer(op_, Deadline::clock::now());  // on_timer() asks for it
      break;
    case State::sending:
    case State::awaited:
      return Errc::concurrent_access;
  }
  state = state_;
  return {};
}

// The state is `sending`. Sends on this thread until all is sent, or the socket
// is full; then leaves the rest to the poller.
std::error_code Output::send_all() {
  for (;;) {
    const Progress progress = send_turn();
    if (progress.error || buffer_.is_empty()) return end_flush(progress.error);
    if (progress.full || !poller_.may_wait()) return leave_to_poller();
    if (!life_.can_write()) return end_flush(Errc::conn_closed);
  }
}

// Leaves the rest of the output to the poller, and sleeps until the poller has
// sent it. A poller's thread must not sleep, and returns at once.
std::error_code Output::leave_to_poller() {
  const bool waits = poller_.make_way();
  if (!hand_over(waits)) return end_flush(Errc::conn_closed);
  return waits ? end_flush(wait_sent()) : std::error_code();
}

// Has the poller send the rest of the output; `waits`: this flush waits for
// that. Returns false, and does nothing, when stop() came first, or when the
// poller has left the descriptor and would never send.
bool Output::hand_over(bool waits) {
  const Lock lock(mutex_);
  assert(is_inside());
  // Asked under the mutex: a thread that detaches later takes it afterwards, in
  // drop_unattended(), and finds what is set here.
  if (stopped_ || !poller_.watches(op_)) return false;
  if (waits) {
    set_state(State::awaited);
  } else {
    set_unattended();
  }
  // If the connection fails or is detached meanwhile, hang_up() or detach()
  // wakes this flush, or drops the output that no flush waits for.
  static_cast<void>(poller_.watch_output(op_, true));
  return true;
}

void Output::set_unattended() {
  set_state(State::unattended);
  give_up_at_ = std::min(limit_.from_now(), last_moment_);
  // The timer is set to now, so that on_timer() sets it to the soonest moment
  // of the connection: give_up_at_ would replace a moment that is sooner.
  if (give_up_at_ != kNever) poller_.set_timer(op_, Deadline::clock::now());
}

std::error_code Output::wait_sent() {
  const Deadline limit = limit_.from_now();
  for (bool in_time = true;; in_time = sent_.wait_until(limit)) {
    const Lock lock(mutex_);
    if (state_ == State::sending) return result_;  // the poller has finished
    if (stopped_ || !life_.can_write()) return Errc::conn_closed;
    if (!in_time) return Errc::write_timeout;
  }
}

std::error_code Output::end_flush(std::error_code error) {
  bool last = false;
  {
    const Lock lock(mutex_);
    assert(state_ == State::sending || state_ == State::awaited);
    if (poller_sends()) static_cast<void>(poller_.watch_output(op_, false));
    set_state(State::idle);
    if (!error) send_fin_if_due();
    last = stopped_ && !is_inside();
  }
  if (last) left_(op_);
  return error;
}

// One turn of sending on the thread that flushes. The blocks that have been
// sent are let go on return, when no lock is held.
Output::Progress Output::send_turn() {
  const bool in_turn = poller_.on_poller_thread();
  const Progress progress =
      send_some(in_turn ? poller_.turn_bytes() : kTurnMax);
  const ConsumedNodes sent = buffer_.take_consumed_nodes();
  return progress;
}

// Sends what the socket takes, `max` bytes at most. Requires: no other thread
// sends meanwhile.
Output::Progress Output::send_some(std::size_t max) {
  while (max > 0 && !buffer_.is_empty()) {
    const auto moved = send_once(buffer_, op_.fd(), max);
    if (!moved) return {.error = moved.error(), .full = false};
    if (moved->again) return {.error = {}, .full = true};
    [[maybe_unused]] const auto error = buffer_.skip(moved->bytes);
    assert(!error);  // gather() has shown these bytes
    max -= moved->bytes;
    activity_.touch();
  }
  return {};
}

Result<bool> Output::drain(ConsumedNodes& sent) {
  assert(poller_.on_poller_thread());
  {
    const Lock lock(mutex_);
    if (!poller_sends() || stopped_) return false;  // a late event
    assert(!draining_);
    draining_ = true;
  }
  const Progress progress = send_some(poller_.turn_bytes());
  sent = buffer_.take_consumed_nodes();
  const bool unattended = finish_turn(progress);
  if (unattended && progress.error) return fail(progress.error);
  return unattended;
}

// Ends a turn of the poller's sending. When all is sent, or on an error,
// records that the poller no longer has to send. Returns true if no flush was
// waiting for that (the state was `unattended`).
bool Output::finish_turn(const Progress& progress) {
  bool last = false;
  bool attended = false;
  {
    const Lock lock(mutex_);
    assert(draining_);
    draining_ = false;
    const bool over = progress.error || buffer_.is_empty();
    if (over && poller_sends()) {
      static_cast<void>(poller_.watch_output(op_, false));
      attended = state_ == State::unattended;
      result_ = progress.error;
      set_state(attended ? State::idle : State::sending);
      if (!progress.error) send_fin_if_due();
    }
    last = stopped_ && !is_inside();
  }
  sent_.pull();
  if (last) left_(op_);
  return attended;
}

bool Output::poller_sends() const {
  return state_ == State::awaited || state_ == State::unattended;
}

bool Output::is_inside() const {
  return draining_ || state_ == State::sending || state_ == State::awaited;
}

void Output::set_state(State state) {
  state_ = state;
  if (state != State::unattended) give_up_at_ = kNever;
  // release: pairs with the acquire in is_unattended(): what has been sent is
  // visible to its caller.
  unattended_.store(state == State::unattended, std::memory_order_release);
}

std::error_code Output::shut() {
  const Lock lock(mutex_);
  if (stopped_ || !life_.can_write()) return Errc::conn_closed;
  if (shut_) return {};
  shut_ = true;
  // The thread that sends the rest of the output sends the FIN after it.
  if (is_inside() || state_ == State::unattended) return {};
  if (buffer_.is_empty()) return os::shutdown_write(op_.fd());
  // What a flush has left behind at its write timeout is sent before the FIN.
  set_unattended();
  return poller_.watch_output(op_, true);
}

void Output::send_fin_if_due() {
  if (!shut_ || is_inside() || !buffer_.is_empty()) return;
  // Fails only when the socket has failed, and the poller reports that.
  static_cast<void>(os::shutdown_write(op_.fd()));
}

bool Output::was_taken_over() {
  const Lock lock(mutex_);
  return std::exchange(taken_over_, false);
}

Deadline Output::give_up_at() const {
  const Lock lock(mutex_);
  return give_up_at_;
}

void Output::give_up_by(Deadline limit) {
  const Lock lock(mutex_);
  last_moment_ = std::min(last_moment_, limit);
  if (state_ != State::unattended) return;
  give_up_at_ = std::min(give_up_at_, limit);
  poller_.set_timer(op_, Deadline::clock::now());
}

void Output::drop_unattended() {
  const Lock lock(mutex_);
  if (state_ != State::unattended) return;
  static_cast<void>(poller_.watch_output(op_, false));
  set_state(State::idle);
}

bool Output::stop() {
  const Lock lock(mutex_);
  assert(!stopped_);
  assert(left_ != nullptr);
  stopped_ = true;
  if (!is_inside()) return true;
  sent_.pull();
  return false;
}

bool Output::is_busy() const {
  const Lock lock(mutex_);
  return is_inside();
}

}  // namespace netpoll
