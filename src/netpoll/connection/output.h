// SPDX-License-Identifier: Apache-2.0
#pragma once

// The writing half of a connection: one writer fills it and sends it; the
// poller sends what the socket does not take at once.
//
//    idle --flush()--> sending --all sent----------------------> idle
//                        | the socket is full
//                        v
//                      awaited     the poller sends, flush() sleeps
//                        | all sent, or an error: flush() returns   --> idle
//                        | write timeout: the poller stops sending  --> idle
//                        | flush() must not sleep (inline handler)
//                        v
//                      unattended  the poller sends, nobody waits;  --> idle
//                                  the next flush() awaits it
//
// One mutex guards the state, never a system call that moves bytes: a thread
// that closes the connection, or a timer, waits for no other thread's send.
// Bytes are sent by one thread at a time: by the flush while the state is
// `sending`, by the poller while it is `awaited` or `unattended`. A turn sends
// Poller::turn_bytes() at most; then other connections are served.
// Blocks that were sent are let go outside the mutex and outside the turn,
// since the last holder of a lent block runs user code.
//
// While something is unattended the connection reads nothing and calls no
// handler. EPOLLOUT is watched for only while the poller has something to
// send: a socket with room would be reported again and again.
// Unlike upstream, where a poller that is sending when a write times out sends
// on beside the next flush, and may end that flush too early:
// connection.waitFlush, connection_impl.go:511. Unlike upstream: no socket is
// asked for MSG_ZEROCOPY. Upstream asks every socket, though it never sends in
// that way: connection_impl.go:355 (connection.init); #395.
//
// Knows the lifecycle, the buffer and the poller, never the connection.
// Upstream: connection.flush, connection_impl.go:482; connection.outputs,
// connection_reactor.go:122.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "netpoll/base/mutex.h"
#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/connection/activity.h"
#include "netpoll/connection/lifecycle.h"
#include "netpoll/connection/wait_limit.h"
#include "netpoll/link_buffer/consumed_nodes.h"
#include "netpoll/link_buffer/reader_writer.h"
#include "netpoll/os/io.h"
#include "netpoll/poller/poller.h"

namespace netpoll {

class Output {
 public:
  /// What the last thread that sends calls, once and outside every lock, after
  /// stop() has returned false.
  using Left = void (*)(FdOperator& op);

  /// The writing half of the connection `op`, which `poller` watches. All
  /// arguments must outlive the Output. `mutex` guards the state of the
  /// sending; the connection may guard fields of its own with it. [init]
  Output(const Lifecycle& life, Poller& poller, FdOperator& op,
         Activity& activity, Mutex& mutex, Left left)
      : life_(life),
        poller_(poller),
        op_(op),
        activity_(activity),
        mutex_(mutex),
        left_(left) {}

  /// Returns `n` bytes in one piece, to be filled before flush(), and valid
  /// until then. Writing never fails, not even on a closed connection, whose
  /// memory is still there: flush() reports the end. Unlike upstream's v0.7.0,
  /// which dereferences nil (#416): connection.Malloc, connection_impl.go:213.
  /// [writer]
  std::span<std::byte> malloc(std::size_t n) { return buffer_.malloc(n); }
  /// Keeps the first `n` bytes that are not flushed and drops the others.
  /// Fails with Errc::invalid_argument when there are fewer. [writer]
  [[nodiscard]] std::error_code malloc_ack(std::size_t n) {
    return buffer_.malloc_ack(n);
  }
  /// Appends a copy of `bytes`. [writer]
  void write_binary(LinkBuffer::Bytes bytes) { buffer_.write_binary(bytes); }
  /// Appends a copy of `text`. [writer]
  void write_string(std::string_view text) { buffer_.write_string(text); }
  /// Appends one byte. [writer]
  void write_byte(std::byte byte) { buffer_.write_byte(byte); }
  /// Inserts `block` uncopied, `remain` bytes before the end of what is not
  /// flushed. Fails with Errc::invalid_argument when less is there. [writer]
  [[nodiscard]] std::error_code write_direct(Ref<Block> block,
                                             std::size_t remain = 0) {
    return buffer_.write_direct(std::move(block), remain);
  }
  /// Moves all unread bytes of `other` to the end, without a copy. [writer]
  void append(LinkBuffer&& other) { buffer_.append(std::move(other)); }
  void append(Slice&& other) { std::move(other).move_to(buffer_); }
  /// How many bytes were written since the last flush(). [writer]
  std::size_t malloc_size() const { return buffer_.malloc_size(); }

  /// Sends all that was written; returns when the kernel has it. Waits for a
  /// slow peer no longer than the write timeout. Allowed until close() or an
  /// error, also after the peer's FIN. Fails with Errc::conn_closed,
  /// Errc::concurrent_access (another thread flushes), Errc::write_timeout (a
  /// later flush sends what is left), or as sendmsg(2) does. On a poller's
  /// thread it never waits: the poller sends the rest later. [writer]
  [[nodiscard]] std::error_code flush();
  /// write_binary() and flush(). Upstream: connection.Write,
  /// connection_impl.go:295. [writer]
  [[nodiscard]] std::error_code write(LinkBuffer::Bytes bytes);
  /// How long flush() waits, or the poller sends what no flush waits for. [any]
  WaitLimit& limit() { return limit_; }

  // For Connection.
  /// Sends nothing more after what was flushed, and tells the peer so (FIN).
  /// Fails as Connection::shutdown_write(). [any]
  [[nodiscard]] std::error_code shut();
  /// Sends what the socket takes, turn_bytes() at most. True: output that no
  /// flush waits for is now sent; fails as its send. The caller destroys `sent`
  /// under no lock and outside its FdOperator: done() may run. [poller]
  [[nodiscard]] Result<bool> drain(ConsumedNodes& sent);
  /// Wakes a flush() that sleeps; it then looks whether it must end. [any]
  void wake() { sent_.pull(); }
  /// All that was flushed has been sent. [any]
  bool is_empty() const { return buffer_.is_empty(); }
  /// How many bytes were ever sent. [holder of the key, when no thread sends]
  std::uint64_t sent() const { return buffer_.consumed(); }
  /// The poller has output to send that no flush waits for. [any]
  bool is_unattended() const {
    // acquire: pairs with the release in set_state(): what has been sent.
    return unattended_.load(std::memory_order_acquire);
  }
  /// A flush took unattended output over since the last such call. [poller]
  bool was_taken_over();
  /// When the poller gives up output that no flush waits for, or kNever. [any]
  Deadline give_up_at() const;
  /// The poller gives up output that no flush waits for at `limit`, or sooner:
  /// what it has to send now, and what a later flush leaves to it. [any]
  void give_up_by(Deadline limit);
  /// Gives up, now, the output that no flush waits for. [any]
  void drop_unattended();
  /// Lets no thread begin to send. True: no thread is sending. False: the last
  /// one calls `left` of the constructor as it ends. [holder of the key, once]
  [[nodiscard]] bool stop();
  /// A thread is inside flush() or drain(), and may be sending. [any]
  bool is_busy() const;

 private:
  enum class State : std::uint8_t { idle, sending, awaited, unattended };
  struct Progress {
    std::error_code error;
    bool full = false;  // the socket takes no more now
  };
  [[nodiscard]] std::error_code begin_flush(State& state);
  [[nodiscard]] std::error_code send_all();
  [[nodiscard]] std::error_code wait_sent();
  [[nodiscard]] std::error_code leave_to_poller();
  bool hand_over(bool waits);
  [[nodiscard]] std::error_code end_flush(std::error_code error);
  Progress send_some(std::size_t max);
  Progress send_turn();
  bool finish_turn(const Progress& progress);
  bool poller_sends() const NETPOLL_REQUIRES(mutex_);
  bool is_inside() const NETPOLL_REQUIRES(mutex_);
  void set_state(State state) NETPOLL_REQUIRES(mutex_);
  void set_unattended() NETPOLL_REQUIRES(mutex_);
  void send_fin_if_due() NETPOLL_REQUIRES(mutex_);

  // Borrowed. Any thread may use these, by the rules in their own headers.
  const Lifecycle& life_;
  Poller& poller_;
  FdOperator& op_;
  Activity& activity_;
  Mutex& mutex_;
  const Left left_;

  LinkBuffer buffer_;  // the writer writes, the thread that sends reads
  Trigger sent_;       // pulled by any thread; the flush waits for it
  WaitLimit limit_;    // set by any thread
  std::atomic<bool> unattended_{false};  // state_ == unattended: for any thread

  State state_ NETPOLL_GUARDED_BY(mutex_) = State::idle;
  bool draining_ NETPOLL_GUARDED_BY(mutex_) = false;  // the poller is sending
  bool shut_ NETPOLL_GUARDED_BY(mutex_) = false;      // shut(): no more flush()
  bool stopped_ NETPOLL_GUARDED_BY(mutex_) = false;   // stop(): no more sending
  bool taken_over_ NETPOLL_GUARDED_BY(mutex_) = false;  // by a flush: not told
  std::error_code result_ NETPOLL_GUARDED_BY(mutex_);   // of what was awaited
  Deadline give_up_at_ NETPOLL_GUARDED_BY(mutex_) = kNever;
  // The bound that give_up_by() has set: give_up_at_ is never later than this.
  Deadline last_moment_ NETPOLL_GUARDED_BY(mutex_) = kNever;
};

static_assert(Writer<Output>);

}  // namespace netpoll
