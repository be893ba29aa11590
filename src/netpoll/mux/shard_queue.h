// SPDX-License-Identifier: Apache-2.0
#pragma once

// Many threads write to one connection; one of them at a time sends for all.
//
//    add(getter), any thread              the consumer, a task of the GoPool
//
//    next_++ picks a shard:               a round:
//
//    shard 0 | g g g | mutex  <---swap---   take each shard's getters, and
//    shard 1 |       | mutex                call them: g(packets_), g(…), …
//    shard 2 | g     | mutex  <---swap---   writer().append(packets_)
//       |                                   writer().flush()   one for them all
//       | was the shard empty? then,        pending_ -= number of shards taken
//       v under its mutex: ++pending_          |
//    0 -> 1: start the consumer             0: the consumer ends; else one more
//                                              round
//
// pending_ is the number of shards that hold getters which are not sent yet. It
// also is the consumer's licence: the add() that raises pending_ from 0 to 1
// starts a consumer, and only the consumer brings pending_ back to 0. So two
// consumers never run at once, and none ends while a getter is left. The number
// goes down after the flush, not before it: a shard that is no longer counted
// has reached the socket, and that is what close() waits for. While a flush
// waits, new getters gather in the shards, and the next flush sends them
// together: the slower the socket, the larger the batch.
//
// Order: the getters of one add() are called in their order, with no other
// getter between them. The getters of two calls of add(), even by one thread,
// are called in any order.
//
// The number of getters that wait while the peer is slow has no limit. The
// queue holds a Ref of the connection until it is destroyed, and is the only
// writer of the connection from the first add() on. Code of the user (getters,
// and moving and destroying them) runs without a lock.
//
// Upstream: mux/shard_queue.go:65 (ShardQueue). Unlike upstream
// (mux/shard_queue.go:92 (Add), :106 (Close)): next_ is unsigned, because a
// signed one turns negative after 2^31 calls and crashes; close() sleeps until
// the last flush is over, where upstream spins and may return before the flush;
// an add() after close() returns false; a round ends after one look at each
// shard, so that busy adders cannot delay the flush; all shards are looked at,
// not a ring of the filled ones.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/ref.h"
#include "netpoll/connection/connection.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {

class ShardQueue {
 public:
  /// Writes one packet, or nothing, into the buffer that it is given. A packet
  /// that exists already can be append()ed without a copy. A getter is called
  /// once, on the consumer's thread, and then destroyed; if the connection
  /// fails first, it is destroyed without a call. A getter that throws closes
  /// the connection. Upstream: WriterGetter (mux/shard_queue.go:59). [worker]
  using Getter = std::move_only_function<void(LinkBuffer& packets)>;

  /// A queue in front of `conn` with `shards` shards, so that as many threads
  /// can add at the same time; 0 means one shard for each core. The consumers
  /// run on the workers of `runtime`, which must outlive the queue. [init]
  ShardQueue(Runtime& runtime, Connection& conn, std::size_t shards = 0);
  ShardQueue(const ShardQueue&) = delete;
  ShardQueue& operator=(const ShardQueue&) = delete;
  /// Does close(). Requires: what close() requires, and that no other call of
  /// the queue runs or follows. [any]
  ~ShardQueue();

  /// Has `getter` called soon and its packet sent. Does not wait for the
  /// socket, except when the pool refuses a task: then this thread is the
  /// consumer. Returns false, and destroys the getter, after close() or when
  /// the connection has failed. Guarantees: after true, the packet is sent or
  /// the getter is counted by dropped(). Requires: `getter` is not empty. [any]
  [[nodiscard]] bool add(Getter getter);
  /// Has all of `getters` called, with no other getter between them. Returns
  /// false when add(Getter) would; then the caller still has all of them. [any]
  [[nodiscard]] bool add(std::span<Getter> getters);

  /// Refuses new getters and waits until the kernel has all packets that were
  /// added; each flush waits no longer than the write timeout. Returns the
  /// error that broke the connection: one of Output::flush(), or
  /// Errc::conn_closed when a getter threw. The connection stays open if there
  /// is no error. Several calls return the same. Requires: the caller is not
  /// inside a getter of this queue, which ends the process with one line, and
  /// does not occupy the only worker of the pool. [any]
  [[nodiscard]] std::error_code close();

  /// The number of getters that were added and not sent: those of the flush
  /// that failed, of which the peer may have received a part, and all later
  /// ones. It does not change any more after close(). [any]
  std::size_t dropped() const;

 private:
  friend class ShardQueueTest;
  static constexpr std::size_t kCacheLine = 64;
  // A list, because its nodes pass from one list to another without a move of
  // the getters.
  using Getters = std::list<Getter>;

  struct alignas(kCacheLine) Shard {
    Mutex mutex;
    Getters getters NETPOLL_GUARDED_BY(mutex);
    bool open NETPOLL_GUARDED_BY(mutex) = true;  // once false, it stays false
  };
  struct Round {
    std::size_t shards = 0;   // how many were not empty
    std::size_t getters = 0;  // how many were in them
  };
  // A deleter for std::unique_ptr that runs the consumer, and deletes nothing.
  struct Consume {
    void operator()(ShardQueue* queue) const { queue->consume(); }
  };

  // Called by add(), by close() and by the consumer. [any]
  void start_consumer();
  void shut_shards();

  // The steps of a consumer; nothing else calls them. [a worker or, when the
  // pool takes no task, the thread that start_consumer() names]
  void consume();
  Round call_getters(std::error_code& error);
  [[nodiscard]] std::error_code call_taken();
  [[nodiscard]] std::error_code send_packets();
  bool end_round(const Round& round, std::error_code error)
      NETPOLL_EXCLUDES(mutex_);

  // Constant after construction; each shard has its own mutex.
  Runtime& runtime_;
  const Ref<Connection> conn_;  // held until the queue is destroyed
  std::vector<Shard> shards_;

  // Written by every adder. Modulo the number of shards, it is the shard of the
  // next add(). It wraps at 2^32, which only changes which shard is next.
  alignas(kCacheLine) std::atomic<std::uint32_t> next_{0};

  // The number of shards with getters that are not sent yet. It is above 0
  // exactly while a consumer runs or is about to run. It goes up under the
  // mutex of the shard, so a shard is counted before a consumer can take it; it
  // goes down under mutex_.
  alignas(kCacheLine) std::atomic<std::size_t> pending_{0};

  // Used only by the consumer; pending_ hands them on to the next consumer.
  Getters taken_;       // the getters of one shard
  LinkBuffer packets_;  // the packets of one round

  // The thread that is inside a round; the empty id between two rounds. Written
  // by the consumer, compared by every close() with its own thread.
  std::atomic<std::thread::id> consumer_{std::thread::id()};

  mutable Mutex mutex_;
  std::condition_variable idle_;  // notified when pending_ becomes 0
  // What broke the connection; no error while it works.
  std::error_code error_ NETPOLL_GUARDED_BY(mutex_);
  std::size_t dropped_ NETPOLL_GUARDED_BY(mutex_) = 0;
};

}  // namespace netpoll
