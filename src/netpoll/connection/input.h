// SPDX-License-Identifier: Apache-2.0
#pragma once

// The reading half of a connection: the poller fills it, one reader empties it.
//
//    poller                                  reader (a handler, or a client)
//
//    fill(): LinkBuffer::book                next(n), peek(n), until('\n'), …
//            recv into it                     n bytes there? a view of them
//            LinkBuffer::book_ack             else: waited_.set(n), look again,
//    wake_if_enough(): n bytes there?               sleep on more_
//            more_.pull() ----------------->        until woken, closed, late
//
// What is buffered can be read whoever closed the connection; only a wait for
// more bytes ends in an error:
//
//    Errc::eof           the peer closed          Errc::read_timeout
//    Errc::conn_closed   we closed                Errc::would_block (inline)
//    Errc::too_long      until() found no delimiter within its bound
//
// After a read timeout of the server, a client sees eof; Condition unites it
// with conn_closed.
//
// Limit (set_max_input): the poller stops reading while so many bytes are
// unread or were not given back by release(). A call that waits for more than
// that lets in what it waits for. So memory is bounded by the limit and by what
// the reader asks for. One exception: when both directions are closed, what the
// kernel still holds is taken in, a socket's receive buffer at most.
//
// Knows the lifecycle, the buffer and the poller, never the connection.
// Upstream: connection_reactor.go:86 (connection.inputs), :92
// (connection.inputAck); connection.waitRead, connection_impl.go:412.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "netpoll/base/bytes.h"
#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/connection/activity.h"
#include "netpoll/connection/lifecycle.h"
#include "netpoll/connection/throttle.h"
#include "netpoll/connection/wait_limit.h"
#include "netpoll/connection/waited_bytes.h"
#include "netpoll/link_buffer/reader_writer.h"
#include "netpoll/os/io.h"

namespace netpoll {

class Input {
 public:
  /// The reading half of the connection `op`, which `poller` watches. All four
  /// arguments must outlive the Input. [init]
  Input(const Lifecycle& life, Poller& poller, FdOperator& op,
        Activity& activity)
      : life_(life),
        poller_(poller),
        activity_(activity),
        throttle_(WatchInput{poller, op}) {}

  /// Takes the next `n` bytes and returns a view of them; waits until they are
  /// there. The view is valid until release(). Upstream: connection.Next,
  /// connection_impl.go:107. [reader]
  [[nodiscard]] Result<std::span<const std::byte>> next(std::size_t n);
  /// Returns a view of the next `n` bytes without taking them; waits until they
  /// are there. The view is valid until release(). [reader]
  [[nodiscard]] Result<std::span<const std::byte>> peek(std::size_t n);
  /// Drops the next `n` bytes; waits until they are there. [reader]
  [[nodiscard]] std::error_code skip(std::size_t n);
  /// Takes all bytes up to and with the first `delimiter`; waits for it. The
  /// view is valid until release(). Fails with Errc::too_long when the first
  /// `max` bytes hold none; without `max` the bound is max_input. The read
  /// timeout counts for the whole call. On an error nothing is taken.
  /// Unlike upstream: the timeout does not start anew with each chunk, and
  /// what is there after an error stays readable: connection.Until,
  /// connection_impl.go:167. [reader]
  [[nodiscard]] Result<std::span<const std::byte>> until(
      std::byte delimiter, std::size_t max = kNoLimit);
  /// until() for a character. [reader]
  [[nodiscard]] Result<std::span<const std::byte>> until(
      char delimiter, std::size_t max = kNoLimit) {
    return until(static_cast<std::byte>(delimiter), max);
  }
  /// Takes the next `n` bytes and returns a copy; waits until they are there.
  /// The copy is the caller's own, whatever its size. Unlike upstream with
  /// AlwaysNoCopyRead, which hands out the buffer's memory for good (#414):
  /// nocopy_linkbuffer.go:267 (UnsafeLinkBuffer.readBinary). [reader]
  [[nodiscard]] Result<std::string> read_string(std::size_t n);
  /// As read_string(), but the copy is a vector of bytes. [reader]
  [[nodiscard]] Result<std::vector<std::byte>> read_binary(std::size_t n);
  /// Takes the next byte; waits for it. [reader]
  [[nodiscard]] Result<std::byte> read_byte();
  /// Takes the bytes that are there, as many as `into` has room for, and
  /// returns how many. Waits if there is none. Returns 0 only when `into` is
  /// empty. Unlike upstream, whose Read ends the views of earlier calls:
  /// connection.Read, connection_impl.go:275. [reader]
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into);
  /// Takes the next `n` bytes as a read-only buffer of its own, without a copy;
  /// waits until they are there. The buffer may outlive the connection and be
  /// used on another thread. [reader]
  [[nodiscard]] Result<Slice> slice(std::size_t n);
  /// Gives back the memory of all bytes that have been taken; all views end
  /// here. Needed only after next(), peek() and until(). The other calls give
  /// the memory back themselves, unless a view of an earlier call is still
  /// valid. [reader]
  void release();
  /// Bytes that can be read without waiting. [any]
  std::size_t size() const { return buffer_.size(); }

  /// How long one call may wait for bytes; can be changed through the result.
  /// [any]
  WaitLimit& limit() { return limit_; }
  /// Sets the limit of the input: when so many bytes are unread, or taken and
  /// not given back by release(), the poller stops reading. 0: no limit. [any]
  void set_max_input(std::size_t bytes);
  /// Sets how many bytes the first read from the socket takes at most; later
  /// reads adapt this size. [init]
  void set_read_size(std::size_t bytes) {
    read_size_ = bytes > 0 ? bytes : 1;  // a read of 0 looks like the end
  }

  // For Connection.

  /// Makes `unread` the first bytes that are read, before all that the socket
  /// brings. Requires: nothing was read from the socket yet. [init]
  void begin_with(Slice unread);
  /// Reads from `fd` once, `most` bytes at most, and commits them. When the
  /// input is full, does not read but pauses, and returns a Moved with `again`
  /// set. Fails as recv(2) does. [poller]
  [[nodiscard]] Result<os::Moved> fill(int fd, std::size_t most = kNoLimit);
  /// Reads from `fd` once, even when the input is full. [poller]
  [[nodiscard]] Result<os::Moved> fill_beyond(int fd);
  /// The poller must not read: as many bytes are unread, or taken and not given
  /// back, as max_input allows. [any]
  bool is_full() const { return room(committed()) == 0; }
  /// is_full(), and no byte has come since `arrived` bytes had: none but the
  /// reader could have made room since. [reader]
  bool is_full_since(std::uint64_t arrived) const;
  /// Stops the poller's reading until resume(), which the reader also calls
  /// when it has made room. [poller]
  void pause() { throttle_.pause(); }
  /// Makes the poller read again, if pause() has stopped it. [any]
  void resume() { throttle_.resume(); }
  bool is_paused() const { return throttle_.is_paused(); }  ///< [poller]
  /// Calls resume() if at least half of max_input is free. [reader]
  void resume_if_room();
  /// How many bytes have arrived since the connection began. [any]
  std::uint64_t committed() const { return buffer_.committed(); }
  /// How many bytes the reader has taken since the connection began. [reader]
  std::uint64_t consumed() const { return buffer_.consumed(); }
  /// Wakes the reader if it sleeps and all the bytes that it sleeps for are
  /// there. [poller, worker]
  void wake_if_enough();
  /// Wakes the reader if it sleeps; it then looks whether the connection is
  /// closed, and by whom. [any]
  void wake() { more_.pull(); }

 private:
  std::size_t room(std::uint64_t committed) const;
  [[nodiscard]] Result<os::Moved> receive(int fd, std::size_t room);
  void adapt_read_size(std::size_t got);
  void release_if_unseen();
  [[nodiscard]] std::error_code wait_for(std::size_t n);
  [[nodiscard]] std::error_code wait_for(std::size_t n, std::size_t allowed,
                                         Deadline deadline);
  [[nodiscard]] std::error_code sleep_for(std::size_t n, Deadline deadline);

  // Borrowed: these objects outlive the Input. Each of them may be used by any
  // thread, by the rules in its own header.
  const Lifecycle& life_;
  Poller& poller_;
  Activity& activity_;

  Throttle throttle_;                     // poller pauses, any thread resumes
  LinkBuffer buffer_;                     // the poller writes, the reader reads
  std::size_t read_size_ = kReadSizeMin;  // of the next read; poller only
  bool viewed_ = false;  // reader only: it holds a view, till release()
  Trigger more_;         // pulled by any thread; the reader waits for it
  WaitedBytes waited_;   // how many bytes the reader waits for
  WaitLimit limit_;      // set by any thread
  std::atomic<std::size_t> max_input_{0};  // 0: no limit; set by any
  // The value of consumed() at the last release(). The reader writes released_,
  // the poller reads it.
  std::atomic<std::uint64_t> released_{0};
  // While the reader waits for bytes: the limit of the input, if it is larger
  // than max_input_. 0 while the reader does not wait. The reader writes
  // allowed_, the poller reads it.
  std::atomic<std::size_t> allowed_{0};

  static constexpr std::size_t kReadSizeMin = 8 * 1024;
  static constexpr std::size_t kReadSizeMax = 1024 * 1024;
};

static_assert(Reader<Input>);

}  // namespace netpoll
