// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mux/shard_queue.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include "netpoll/base/log.h"

namespace netpoll {
namespace {

std::size_t count_of(std::size_t shards) {
  return shards > 0 ? shards
                    : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

ShardQueue::ShardQueue(Runtime& runtime, Connection& conn, std::size_t shards)
    : runtime_(runtime),
      conn_(Ref<Connection>::share(conn)),
      shards_(count_of(shards)) {}

ShardQueue::~ShardQueue() {
  static_cast<void>(close());  // who wants to know has called it before
}

// [any] Getters come in.

bool ShardQueue::add(Getter getter) {
  return add(std::span(&getter, 1));
}

bool ShardQueue::add(std::span<Getter> getters) {
  assert(std::ranges::all_of(getters, [](auto& g) { return g != nullptr; }));
  // relaxed: any shard will do.
  const std::size_t turn = next_.fetch_add(1, std::memory_order_relaxed);
  Shard& shard = shards_[turn % shards_.size()];
  bool first = false;
  {
    const Lock lock(shard.mutex);
    if (!shard.open) return false;
    if (getters.empty()) return true;
    // acq_rel: pairs with the fetch_sub in end(). The consumer that ended there
    // has left what the one that begins here, on another thread, goes on with.
    first = shard.getters.empty() &&
            pending_.fetch_add(1, std::memory_order_acq_rel) == 0;
    shard.getters.insert(shard.getters.end(),
                         std::make_move_iterator(getters.begin()),
                         std::make_move_iterator(getters.end()));
  }
  if (first) start();
  return true;
}

// A turn must be taken, or pending_ stays up and close() waits for ever. So it
// is the end of `turn` that takes it, wherever that comes: on a worker; here,
// if the pool refuses the task; on the thread that discards the pool's tasks.
void ShardQueue::start() {
  std::unique_ptr<ShardQueue, Consume> turn(this);
  Task task = [turn = std::move(turn)]() mutable { turn.reset(); };
  static_cast<void>(runtime_.workers().go(std::move(task)));
}

// Shuts every shard. What is in them is counted, so the consumer still comes.
void ShardQueue::refuse() {
  for (Shard& shard : shards_) {
    const Lock lock(shard.mutex);
    shard.open = false;
  }
}

std::error_code ShardQueue::close() {
  refuse();
  Lock lock(mutex_);
  // relaxed: the locks order it. refuse() has seen every add() that succeeded,
  // and mutex_ whatever the consumer did before it brought this to 0.
  while (pending_.load(std::memory_order_relaxed) > 0)
    lock.wait(idle_);
  return error_;
}

std::size_t ShardQueue::dropped() const {
  const Lock lock(mutex_);
  return dropped_;
}

// [worker] One consumer, from 0 to 0.

void ShardQueue::consume() {
  const Ref<Connection> conn = conn_;
  std::error_code error;
  Round round;
  do {
    round = gather(error);
    if (!error) error = send();
    if (error) refuse();
  } while (!end(round, error));
  // Now, when nobody waits for us: a close callback may call our close(), and
  // `this` may be gone.
  if (error) conn->close();
}

// Empties all shards once. After an error the getters are only destroyed.
ShardQueue::Round ShardQueue::gather(std::error_code& error) {
  Round round;
  for (Shard& shard : shards_) {
    {
      const Lock lock(shard.mutex);
      taken_.swap(shard.getters);
    }
    if (taken_.empty()) continue;
    ++round.shards;
    round.getters += taken_.size();
    if (!error) error = call_all();
    taken_.clear();
  }
  return round;
}

std::error_code ShardQueue::call_all() {
  try {
    for (Getter& getter : taken_)
      getter(packets_);
    return {};
  } catch (const std::exception& thrown) {
    log::warn("ShardQueue: a getter threw", thrown.what());
  } catch (...) {
    log::warn("ShardQueue: a getter threw", "not a std::exception");
  }
  return Errc::conn_closed;  // and half of a packet is never sent
}

std::error_code ShardQueue::send() {
  conn_->writer().append(std::move(packets_));
  return conn_->writer().flush();
}

// Returns whether this was the last round; then the next touch of the queue is
// the next consumer's, or there is no queue any more.
bool ShardQueue::end(const Round& round, std::error_code error) {
  const Lock lock(mutex_);
  if (error) {
    error_ = error;
    dropped_ += round.getters;
  }
  // acq_rel: pairs with the fetch_add in add(). Under the lock, since a closer
  // that sees 0 may destroy the queue.
  const std::size_t shards =
      pending_.fetch_sub(round.shards, std::memory_order_acq_rel);
  assert(shards >= round.shards);
  if (shards != round.shards) return false;
  idle_.notify_all();
  return true;
}

}  // namespace netpoll
