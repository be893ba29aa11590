// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mux/shard_queue.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "netpoll/base/check.h"
#include "netpoll/base/log.h"

namespace netpoll {
namespace {

// The number of shards to make; 0 asked for means one for each core.
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
  static_cast<void>(close());  // a caller that needs the error calls close()
}

// [any] Getters come in.

bool ShardQueue::add(Getter getter) {
  return add(std::span(&getter, 1));
}

bool ShardQueue::add(std::span<Getter> getters) {
  // Moved without the lock, because moving a getter runs code of the user.
  Getters moved;
  for (Getter& getter : getters) {
    assert(getter != nullptr);
    moved.push_back(std::move(getter));
  }
  // relaxed: which shard is next does not order anything.
  const std::size_t turn = next_.fetch_add(1, std::memory_order_relaxed);
  Shard& shard = shards_[turn % shards_.size()];
  bool open = false;
  bool first = false;
  {
    const Lock lock(shard.mutex);
    open = shard.open;
    if (open && !moved.empty()) {
      // acq_rel: pairs with the fetch_sub in end_round(). A consumer that ended
      // there left taken_ and packets_ for the consumer that begins here.
      first = shard.getters.empty() &&
              pending_.fetch_add(1, std::memory_order_acq_rel) == 0;
      shard.getters.splice(shard.getters.end(), moved);
    }
  }
  if (!open) std::ranges::move(moved, getters.begin());
  if (first) start_consumer();
  return open;
}

// Starts a consumer on a worker. It must run, or pending_ stays above 0 and
// close() waits for ever. So the destructor of `turn` runs it, in whatever way
// the task ends: on a worker; on this thread, if the pool refuses the task; or
// on the thread that makes the pool discard its tasks.
void ShardQueue::start_consumer() {
  std::unique_ptr<ShardQueue, Consume> turn(this);
  Task task = [turn = std::move(turn)]() mutable { turn.reset(); };
  static_cast<void>(runtime_.workers().go(std::move(task)));
}

// Makes every shard refuse new getters. Shards that hold getters are counted by
// pending_, so a consumer still comes for those getters.
void ShardQueue::shut_shards() {
  for (Shard& shard : shards_) {
    const Lock lock(shard.mutex);
    shard.open = false;
  }
}

std::error_code ShardQueue::close() {
  // relaxed: a thread finds its own id only if it stored the id itself.
  check(consumer_.load(std::memory_order_relaxed) != std::this_thread::get_id(),
        "a getter cannot close or destroy its own ShardQueue");
  shut_shards();
  Lock lock(mutex_);
  // relaxed: the mutexes order it. shut_shards() locked each shard after every
  // add() that succeeded there, and the consumer held mutex_ when it brought
  // pending_ to 0.
  while (pending_.load(std::memory_order_relaxed) > 0)
    lock.wait(idle_);
  return error_;
}

std::size_t ShardQueue::dropped() const {
  const Lock lock(mutex_);
  return dropped_;
}

// [worker] One consumer: from the first getter until pending_ is 0 again.

void ShardQueue::consume() {
  const Ref<Connection> conn = conn_;
  std::error_code error;
  Round round;
  do {
    // relaxed, twice: only this thread compares the id with its own.
    consumer_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    round = call_getters(error);
    if (!error) error = send_packets();
    if (error) shut_shards();
    consumer_.store(std::thread::id(), std::memory_order_relaxed);
  } while (!end_round(round, error));
  // From here on `this` may be destroyed. The connection is closed only now,
  // after the consumer's last round: a close callback of the connection may
  // call close() of this queue, which waits until no consumer is at work.
  if (error) conn->close();
}

// Goes through all shards once, takes out the getters (the functions that add()
// was given) and calls them. If this round or an earlier one has met an error,
// the getters are destroyed without a call.
ShardQueue::Round ShardQueue::call_getters(std::error_code& error) {
  assert(taken_.empty());
  Round round;
  for (Shard& shard : shards_) {
    {
      const Lock lock(shard.mutex);
      taken_.swap(shard.getters);
    }
    if (taken_.empty()) continue;
    ++round.shards;
    round.getters += taken_.size();
    if (!error) error = call_taken();
    taken_.clear();
  }
  return round;
}

std::error_code ShardQueue::call_taken() {
  try {
    for (Getter& getter : taken_)
      getter(packets_);
    return {};
  } catch (const std::exception& thrown) {
    log::warn("ShardQueue: a getter threw", thrown.what());
  } catch (...) {
    log::warn("ShardQueue: a getter threw", "not a std::exception");
  }
  return Errc::conn_closed;  // the packet may be written in part: send nothing
}

std::error_code ShardQueue::send_packets() {
  conn_->writer().append(std::move(packets_));
  return conn_->writer().flush();
}

// Subtracts the shards of this round from pending_. Returns true if this was
// the consumer's last round. Then the queue belongs to the next consumer, or a
// close() has returned and it may be destroyed: this thread must not use it any
// more.
bool ShardQueue::end_round(const Round& round, std::error_code error) {
  const Lock lock(mutex_);
  assert(round.getters >= round.shards);  // a counted shard had getters
  if (error) {
    error_ = error;
    dropped_ += round.getters;
  }
  // acq_rel: pairs with the fetch_add in add(). Under mutex_, because a close()
  // that sees 0 may return, and the queue be destroyed.
  const std::size_t shards =
      pending_.fetch_sub(round.shards, std::memory_order_acq_rel);
  assert(shards >= round.shards);
  if (shards != round.shards) return false;
  idle_.notify_all();
  return true;
}

}  // namespace netpoll
