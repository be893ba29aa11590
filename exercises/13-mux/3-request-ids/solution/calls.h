// SPDX-License-Identifier: Apache-2.0
#pragma once

// Many requests at once on one connection. The answers come in any order, and
// each finds its request by the id that both carry.
//
//    call(request, done)   an id; remember done; send a frame
//    receive(in)           a frame: whose id is it? done(payload)
//    end(error)            for all that still wait: done(error)

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <unordered_map>

#include "netpoll/base/result.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/mux/shard_queue.h"

namespace request_id {

class Calls {
 public:
  /// Passes a getter on to the connection, as ShardQueue::add() does. Returns
  /// false, and calls no getter, if the connection has failed.
  using Send = std::function<bool(netpoll::ShardQueue::Getter)>;
  /// What a caller does with the answer's payload, or with the error.
  using Done =
      std::move_only_function<void(netpoll::Result<std::string> answer)>;

  explicit Calls(Send send) : send_(std::move(send)) {}

  /// Sends `request` under an id that no other call has. Guarantees: `done` is
  /// called once, on whatever thread, perhaps before this returns: with the
  /// payload of the answer; with Errc::conn_closed if this request could not be
  /// sent; or with the error of end(). `done` may use this object. [any]
  void call(std::string request, Done done);

  /// Takes all whole frames of `in` and finishes their calls. A frame whose id
  /// nobody waits for is skipped. Fails as read_frame() does with a frame that
  /// cannot be. [one thread at a time]
  std::error_code receive(netpoll::LinkBuffer& in);

  /// The connection has ended: finishes all calls that wait, and from now on
  /// each new call at once, with `error`. The first error counts. [any]
  void end(std::error_code error);

  /// How many calls have no answer yet. [any]
  std::size_t waiting() const;

 private:
  void finish(std::uint64_t id, netpoll::Result<std::string> answer);

  const Send send_;
  mutable std::mutex mutex_;  // guards what follows
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Done> waiting_;
  std::error_code ended_;
};

}  // namespace request_id
