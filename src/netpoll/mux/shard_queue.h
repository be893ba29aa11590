// SPDX-License-Identifier: Apache-2.0
#pragma once

// Many threads write to one connection; one of them at a time sends for all.
//
//    add(getter), any thread              the consumer, a task of the GoPool
//
//    next_++ picks a shard:               round:
//
//    shard 0 | g g g | mutex  <---swap---   take each shard's getters, and
//    shard 1 |       | mutex                call them: g(packets_), g(…), …
//    shard 2 | g     | mutex  <---swap---   writer().append(packets_)
//       |                                   writer().flush()   one for them all
//       | was it empty? then, still         pending_ -= shards taken
//       v under its lock: ++pending_           |
//    0 -> 1 starts the consumer             0 ends it, else one more round
//
// pending_ says how many shards hold getters that are not sent yet. It is also
// the consumer's licence: whoever moves it from 0 to 1 starts one, and only the
// consumer brings it back to 0. So there is never a second one, and none ends
// while something is left. The count goes down after the flush, not before it:
// what it stops counting has reached the socket, and close() waits for just
// that. Meanwhile new getters gather in the shards, and the next flush takes
// them together: the slower the socket, the larger the batch.
//
// Order: the getters of one add() are called in their order, with none between.
// Two calls of add(), even by one thread, are sent in any order.
//
// Nothing bounds what waits here while the peer is slow. Owns a Ref of the
// connection until it is destroyed; from the first add() on it is the
// connection's only writer. Upstream: mux/shard_queue.go:65 (ShardQueue).
// Unlike upstream (mux/shard_queue.go:96, :112): next_ is unsigned, for a
// signed one turns negative after 2^31 calls and crashes; close() sleeps until
// the last flush is over, where upstream spins and may return before it; a late
// add() is told so; a round ends with its shards, so that busy adders cannot
// put off the flush; all shards are looked at, not a ring of the filled ones.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <system_error>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/ref.h"
#include "netpoll/connection/connection.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {

class ShardQueue {
 public:
  /// Writes one packet, or nothing, into the buffer it is given; a packet that
  /// exists already is append()ed without a copy. Called on the consumer's
  /// thread and then destroyed, once; destroyed uncalled when the connection
  /// fails first. One that throws closes the connection. Upstream:
  /// WriterGetter. [worker]
  using Getter = std::move_only_function<void(LinkBuffer& packets)>;

  /// A queue in front of `conn`, with `shards` locks to share among the adders;
  /// 0: as many as there are cores. `runtime` lends the consumer's thread and
  /// must outlive this. [init]
  ShardQueue(Runtime& runtime, Connection& conn, std::size_t shards = 0);
  ShardQueue(const ShardQueue&) = delete;
  ShardQueue& operator=(const ShardQueue&) = delete;
  /// As close(). Requires: no other call is under way, or comes.
  ~ShardQueue();

  /// Has `getter` called soon and its packet sent. Never waits for the socket,
  /// unless the pool refuses a task: then the caller sends. False, and the
  /// getter destroyed, after close() or when the connection has failed.
  /// Guarantees: true, then it is sent, or counted by dropped(). [any]
  [[nodiscard]] bool add(Getter getter);
  /// As add(), for several that stay together; all are taken, or, with false,
  /// none is and the caller still has them. [any]
  [[nodiscard]] bool add(std::span<Getter> getters);

  /// Takes nothing more and waits until the kernel has all that was added, as
  /// long as the write timeout lets each flush wait. Returns what broke the
  /// connection: an error of Output::flush(), or Errc::conn_closed when a
  /// getter threw. Again, or twice at once: the same. The connection stays
  /// open. Requires: not inside a getter, and not on the pool's only worker.
  /// [any]
  std::error_code close();

  /// Getters that were taken and not sent: those of the flush that failed, of
  /// which the peer may have got some, and all behind. Final after close().
  /// [any]
  std::size_t dropped() const;

 private:
  friend class ShardQueueTest;
  static constexpr std::size_t kCacheLine = 64;

  struct alignas(kCacheLine) Shard {
    Mutex mutex;
    std::vector<Getter> getters NETPOLL_GUARDED_BY(mutex);
    bool open NETPOLL_GUARDED_BY(mutex) = true;  // once false, false for ever
  };
  struct Round {
    std::size_t shards = 0;   // that were not empty
    std::size_t getters = 0;  // in them
  };
  struct Consume {  // see start()
    void operator()(ShardQueue* queue) const { queue->consume(); }
  };

  // [any]
  void start();
  void refuse();

  // The consumer's. [worker]
  void consume();
  Round gather(std::error_code& error);
  std::error_code call_all();
  std::error_code send();
  bool end(const Round& round, std::error_code error) NETPOLL_EXCLUDES(mutex_);

  // Constant after construction.
  Runtime& runtime_;
  const Ref<Connection> conn_;  // until this is destroyed
  std::vector<Shard> shards_;

  // Written by every adder; modulo the number of shards it is the next shard.
  // Its wrap at 2^32 only changes whose turn it is.
  alignas(kCacheLine) std::atomic<std::uint32_t> next_{0};

  // Shards with getters that are not sent yet; above 0 while, and only while, a
  // consumer runs or is about to. Goes up under the shard's lock, so that who
  // takes a shard has it counted; goes down under mutex_.
  alignas(kCacheLine) std::atomic<std::size_t> pending_{0};

  // The consumer's own, handed from one to the next by pending_.
  std::vector<Getter> taken_;  // of one shard
  LinkBuffer packets_;         // of one round

  mutable Mutex mutex_;
  std::condition_variable idle_;  // pending_ is 0
  std::error_code error_
      NETPOLL_GUARDED_BY(mutex_);  // what broke the connection
  std::size_t dropped_ NETPOLL_GUARDED_BY(mutex_) = 0;
};

}  // namespace netpoll
