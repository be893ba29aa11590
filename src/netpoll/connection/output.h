// SPDX-License-Identifier: Apache-2.0
#pragma once

// The writing half of a connection: one writer fills it and sends it, the
// poller sends what the socket would not take at once.
//
//    writer                                       poller
//
//    malloc(n), write_string(…)   not sent yet
//    flush(): sendmsg until empty --> done
//             or EAGAIN: armed_ = true
//                 watch for EPOLLOUT -----------> drain(): sendmsg until EAGAIN
//             sleep on sent_                                or empty:
//                 <------------------------------ armed_ = false, stop watching
//
// A writer that is the poller itself (InlineRunner) must not sleep: it leaves
// the rest, the backlog, to its own later turns and returns. Until that is
// sent, the connection calls no handler and reads nothing.
//
// EPOLLOUT is watched for only while something is left: a socket with room
// would be reported again and again. Who may send is decided by sending_: never
// two at once. Unlike upstream, where after a write timeout the poller sends on
// beside the next flush, which a stale wake then ends (connection_impl.go:511).
// Unlike upstream: no MSG_ZEROCOPY, and no socket is asked for it; there both
// are dead code (connection_impl.go:355, #395).
//
// Knows the keys, the buffer and the poller, never the connection.
// Upstream: connection_impl.go:482 (flush), connection_reactor.go:122
// (outputs).

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "netpoll/base/mutex.h"
#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/connection/activity.h"
#include "netpoll/connection/key_chain.h"
#include "netpoll/connection/wait_limit.h"
#include "netpoll/link_buffer/reader_writer.h"
#include "netpoll/os/io.h"
#include "netpoll/poller/poller.h"

namespace netpoll {

class Output {
 public:
  /// All must outlive this; `op` is what `poller` watches.
  Output(KeyChain<>& keys, Poller& poller, FdOperator& op, Activity& activity)
      : keys_(keys), poller_(poller), op_(op), activity_(activity) {}

  /// Room for `n` bytes in one piece, to be filled before flush(), and good
  /// until then. Writing never fails, not even on a closed connection, whose
  /// memory is still there: flush() tells. Unlike upstream's v0.7.0, which
  /// dereferences nil (connection_impl.go:213, #416). [writer]
  std::span<std::byte> malloc(std::size_t n) { return buffer_.malloc(n); }
  /// Keeps the first `n` bytes that are not flushed and drops the others.
  /// Fails with Errc::invalid_argument when there are fewer. [writer]
  [[nodiscard]] std::error_code malloc_ack(std::size_t n) {
    return buffer_.malloc_ack(n);
  }
  /// Appends a copy. [writer]
  void write_binary(LinkBuffer::Bytes bytes) { buffer_.write_binary(bytes); }
  /// As write_binary(). [writer]
  void write_string(std::string_view text) { buffer_.write_string(text); }
  /// As write_binary(), one byte. [writer]
  void write_byte(std::byte byte) { buffer_.write_byte(byte); }
  /// Inserts `block` uncopied, `remain` bytes before the end of what is not
  /// flushed. Fails with Errc::invalid_argument when there are fewer. [writer]
  [[nodiscard]] std::error_code write_direct(Ref<Block> block,
                                             std::size_t remain = 0) {
    return buffer_.write_direct(std::move(block), remain);
  }
  /// Moves all that is unread in `other` here, uncopied. [writer]
  void append(LinkBuffer&& other) { buffer_.append(std::move(other)); }
  /// Bytes that flush() has not taken yet. [writer]
  std::size_t malloc_size() const { return buffer_.malloc_size(); }

  /// Sends all that was written; returns when the kernel has it. Waits for a
  /// slow peer as long as the write timeout lets it. Errc::conn_closed,
  /// Errc::concurrent_access (another thread flushes), Errc::write_timeout
  /// (what is left goes out with a later flush), or the error of sendmsg(2).
  /// On the poller's own thread it never waits: see above. [writer]
  [[nodiscard]] std::error_code flush();
  /// write_binary() and flush(). Upstream: connection.Write. [writer]
  [[nodiscard]] std::error_code write(LinkBuffer::Bytes bytes);

  /// How long flush() may wait, or a backlog lie there. [any]
  WaitLimit& limit() { return limit_; }

  /// A handler is at work: it may answer a peer that has finished sending.
  /// [holder of the processing key]
  void set_answering(bool on) {
    answering_.store(on, std::memory_order_relaxed);  // see may_write()
  }
  /// Goes on sending. An error means that the connection is broken. [poller]
  std::error_code drain();
  /// Wakes the flusher to look at the keys. [any]
  void wake() { sent_.pull(); }
  /// All that was flushed has been sent. [any]
  bool is_empty() const { return buffer_.is_empty(); }
  /// A flush has left something to the poller, and returned. [any]
  bool has_backlog() const;
  /// When the poller must give the backlog up; kNever without one. [any]
  Deadline backlog_limit() const;
  /// The poller gives a backlog up at `limit`, if not sooner; also one that
  /// comes later, from a flush that is under way. [any]
  void limit_backlog(Deadline limit);
  /// The backlog will never be sent. [any]
  void drop_backlog();

 private:
  bool may_write() const;
  std::error_code send_all();
  std::error_code arm() NETPOLL_REQUIRES(sending_);
  std::error_code send_some() NETPOLL_REQUIRES(sending_);
  std::error_code wait_sent();
  void disarm() NETPOLL_REQUIRES(sending_);

  // Borrowed for life; for any thread, each by its own rules.
  KeyChain<>& keys_;
  Poller& poller_;
  FdOperator& op_;
  Activity& activity_;

  LinkBuffer buffer_;  // written by the writer, read by whoever has sending_
  Trigger sent_;       // pulled by any, waited for by the writer
  WaitLimit limit_;    // any
  // Nobody waits for what is armed. Written with sending_, read by any.
  std::atomic<bool> answering_{false};  // a handler is at work
  std::atomic<bool> backlog_{false};

  mutable Mutex sending_;  // whose turn it is to read buffer_ and to send
  bool armed_ NETPOLL_GUARDED_BY(sending_) = false;  // the poller's turn
  std::error_code error_
      NETPOLL_GUARDED_BY(sending_);  // how the poller's turn ended
  Deadline backlog_limit_ NETPOLL_GUARDED_BY(sending_) = kNever;
  Deadline last_limit_ NETPOLL_GUARDED_BY(sending_) = kNever;  // of any backlog
};

static_assert(Writer<Output>);

}  // namespace netpoll
