// SPDX-License-Identifier: Apache-2.0
#pragma once

// The reading half of a connection: the poller fills it, one reader empties it.
//
//    poller                                  reader (a handler, or a client)
//
//    fill(): LinkBuffer::book               next(n), peek(n), until('\n'), …
//            recv into it                     enough there? a view of it
//            LinkBuffer::book_ack             else: wanted_.ask(n), look again,
//    wake_if_enough(): wanted_.asked()              sleep on more_
//            more_.pull() ----------------->        until woken, closed, late
//
// The two meet in wanted_: whichever comes second sees what the other did. What
// is buffered can be read whoever closed the connection; only a wait for more
// ends in an error:
//
//    Errc::eof           the peer closed          Errc::read_timeout
//    Errc::conn_closed   we closed                Errc::would_block (inline)
//
// With a limit (set_max_input) the poller stops reading while so much is
// unread, so memory is bounded and TCP makes the peer wait; a call that waits
// for more than the limit lets so much in.
//
// Knows the keys, the buffer and the poller, never the connection.
// Upstream: connection_reactor.go:86 (inputs, inputAck), connection_impl.go:412
// (waitRead).

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/connection/activity.h"
#include "netpoll/connection/key_chain.h"
#include "netpoll/connection/throttle.h"
#include "netpoll/connection/wait_limit.h"
#include "netpoll/connection/wanted.h"
#include "netpoll/link_buffer/reader_writer.h"
#include "netpoll/os/io.h"

namespace netpoll {

class Input {
 public:
  /// All must outlive this; `op` is what `poller` watches.
  Input(const KeyChain<>& keys, Poller& poller, FdOperator& op,
        Activity& activity)
      : keys_(keys),
        poller_(poller),
        activity_(activity),
        throttle_(WatchInput{poller, op}) {}

  /// Takes the next `n` bytes; waits until they are there. The view is good
  /// until release(). Upstream: connection.Next. [reader]
  Result<std::span<const std::byte>> next(std::size_t n);
  /// The next `n` bytes without taking them, as next(). [reader]
  Result<std::span<const std::byte>> peek(std::size_t n);
  /// Drops the next `n` bytes; waits until they are there. [reader]
  std::error_code skip(std::size_t n);
  /// Takes everything up to and with the first `delimiter`; waits for it. One
  /// deadline for the whole call. On an error nothing is taken.
  /// Unlike upstream: the timeout does not start anew with each chunk, and
  /// what is there after an error stays readable (connection_impl.go:167).
  /// [reader]
  Result<std::span<const std::byte>> until(std::byte delimiter);
  /// A copy of the next `n` bytes, as next(); the caller's own, whatever the
  /// size. Unlike upstream with AlwaysNoCopyRead, which hands out the buffer's
  /// memory for good (v0.7.0, nocopy_linkbuffer.go:267, #414). [reader]
  Result<std::string> read_string(std::size_t n);
  /// As read_string(), for bytes. [reader]
  Result<std::vector<std::byte>> read_binary(std::size_t n);
  /// The next byte; waits for it. [reader]
  Result<std::byte> read_byte();
  /// Takes up to `into.size()` bytes into `into`, at least one, for which it
  /// waits; 0 only when `into` is empty. Gives memory back as release() does,
  /// unless a view is out: unlike upstream, where the view dies (v0.7.0,
  /// connection_impl.go:275). [reader]
  Result<std::size_t> read(std::span<std::byte> into);
  /// Takes the next `n` bytes as a read-only buffer of its own, without a
  /// copy. It may outlive the connection and be used on another thread.
  /// [reader]
  Result<Slice> slice(std::size_t n);
  /// Gives back the memory of what has been taken; views end here. [reader]
  void release();
  /// Bytes that can be read without waiting. [any]
  std::size_t size() const { return buffer_.size(); }

  /// How long a call may wait. [any]
  WaitLimit& limit() { return limit_; }
  /// Unread bytes at which the poller stops reading; 0: no limit. [any]
  void set_max_input(std::size_t bytes);
  /// What the first read takes at most; more are taken once that is too little.
  /// [init]
  void set_read_size(std::size_t bytes) {
    read_size_ = bytes > 0 ? bytes : 1;  // a read of 0 looks like the end
  }

  /// Reads from `fd` once, or not at all and "again", if it is full. Grows the
  /// next read when this one was filled to the brim. Fails as recv(2) does.
  /// [poller]
  Result<os::Moved> fill(int fd);
  /// As fill(), whatever the limit says. [poller]
  Result<os::Moved> fill_beyond(int fd);
  /// As much is unread as max_input allows. [any]
  bool is_full() const { return room() == 0; }
  /// Stops reading until resume(), or until the reader makes room. [poller]
  void pause() { throttle_.pause(); }
  /// Reads again, if it was paused. [any]
  void resume() { throttle_.resume(); }
  bool is_paused() const { return throttle_.is_paused(); }  ///< [poller]
  /// Reads again, if it was paused and there is room. [reader]
  void resume_if_room();
  /// Bytes that have ever arrived; tells new input from old. [any]
  std::uint64_t committed() const { return buffer_.committed(); }
  /// Bytes that have ever been taken. [reader]
  std::uint64_t consumed() const { return buffer_.consumed(); }
  /// Wakes the reader if what it waits for is there. [poller]
  void wake_if_enough();
  /// Wakes the reader to look at the keys. [any]
  void wake() { more_.pull(); }

 private:
  std::size_t room() const;
  Result<os::Moved> receive(int fd, std::size_t room);
  std::error_code wait_for(std::size_t n);
  std::error_code wait_for(std::size_t n, Deadline deadline);
  std::error_code sleep_for(std::size_t n, Deadline deadline);

  // Borrowed for life; for any thread, each by its own rules.
  const KeyChain<>& keys_;
  Poller& poller_;
  Activity& activity_;

  Throttle<> throttle_;                   // paused by the poller
  LinkBuffer buffer_;                     // written by the poller, read by ours
  std::size_t read_size_ = kReadSizeMin;  // the next read's; poller only
  bool viewed_ = false;  // views are out until release(); reader only
  Trigger more_;         // pulled by any, waited for by the reader
  Wanted<> wanted_;      // where the two meet
  std::atomic<std::size_t> max_input_{0};  // 0: no limit; any, on its own
  WaitLimit limit_;                        // any

  static constexpr std::size_t kReadSizeMin = 8 * 1024;
  static constexpr std::size_t kReadSizeMax = 1024 * 1024;
};

static_assert(Reader<Input>);

}  // namespace netpoll
