// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two connections that carry each other's bytes: the one of a client, and the
// one that was dialled to the server behind.
//
//    client ===== forth =====> server       each of the two is a Way,
//    client <===== back ====== server       from -> to
//
//    on_request of `from`: takes all input, appends it to `to` without a copy,
//      |                   and flushes without waiting
//      |-- `to` took all: the next input calls on_request again
//      v
//    `to` is slow: `from` has no on_request now. Its input fills up to
//      |           max_input, then its peer has to wait
//      v
//    a task of the senders flushes, and waits 20 ms at most. Then it goes to
//      |                   the end of their queue: the others have turns
//      v
//    all is sent: `from` gets its on_request back
//
// So no handler waits for a peer, and a few senders do for any number of slow
// peers. One way holds two times max_input at most: the input of `from`, and
// what was taken from it and is not sent.
//
// The end of one side is passed on behind its last byte. When `from` has only
// finished sending (FIN), `to` gets a FIN as well, and the other way goes on.
// When `from` is gone (reset, or closed in both directions), `to` is closed; a
// server that is still sending then gets a reset.
// Nothing tells a reset from a FIN to on_disconnect; that `from` is gone is
// what its close callback says.

#include <chrono>
#include <functional>
#include <optional>
#include <system_error>

#include "netpoll/gopool/gopool.h"
#include "netpoll/netpoll.h"

namespace netpoll::programs {

class Pair : public RefCounted<Pair> {
 public:
  /// `over` is called once, when both connections are torn down. All pairs
  /// share `senders`. `handlers_flush`: the runtime's handlers do not run on a
  /// poller's thread, where a flush() leaves the rest to the poller.
  Pair(Connection& client, GoPool& senders, bool handlers_flush,
       std::function<void(Pair&)> over);

  /// Begins with the client's half. Requires: inside its on_connect.
  void begin();
  /// The handlers with which the server is to be dialled.
  Handlers server_handlers();
  /// Carries the bytes of both from now on.
  void join(DialedConnection server);
  /// There will be no server: closes the client.
  void fail();
  /// The client is gone, and has left nothing to be carried. [any]
  bool is_pointless() const;
  /// Closes both when no byte has moved for `quiet`. [any]
  void close_when_quiet(std::chrono::milliseconds quiet);
  /// Closes both at once, and drops what is unsent. [any]
  void close_now();

 private:
  // One direction. `from` and `to` are constant once joined_ is true; the
  // others are guarded by mutex_.
  struct Way {
    Connection* from = nullptr;
    Connection* to = nullptr;
    bool carrying = false;  // on_request or a sender is at work
    bool ended = false;     // `from` sends nothing more than what is there
    bool gone = false;      // `from` is torn down, or was never there
    bool broken = false;    // `to` takes nothing more
    bool passed = false;    // the end was passed on to `to`
  };
  enum class Step { nothing, carry, half_close, close };

  Way& other(Way& way) { return &way == &forth_ ? back_ : forth_; }
  Handler carrier(Way& way);
  void on_input(Way& way);
  void on_end(Way& way);
  void on_gone(Way& way);
  void take_input(Way& way);
  void post(Way& way);
  void send_rest(Way& way);
  void end_turn(Way& way, std::error_code error);
  void settle(Way& way);
  Step next_step(Way& way);

  // Constant after construction, but for server_, which join() sets.
  const Ref<Connection> client_;
  std::optional<DialedConnection> server_;
  GoPool& senders_;
  const bool handlers_flush_;
  const std::function<void(Pair&)> over_;

  mutable Mutex mutex_;
  bool joined_ NETPOLL_GUARDED_BY(mutex_) = false;
  Way forth_;
  Way back_;
};

}  // namespace netpoll::programs
