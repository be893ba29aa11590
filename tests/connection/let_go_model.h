// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Connection does with its keys and its Life bits, and nothing else: the
// same functions under the same names, over the shipping KeyChain, on model
// atomics. A task that the poller defers runs here at once, on the poller's
// thread: what matters is only that it does not run on the worker's.
//
// A copy but for let_go(), for Connection itself needs sockets and pools: who
// changes try_finish(), hang_up(), has_request(), run_task(), run_on_connect()
// or run_disconnect_task() in src/netpoll/connection changes it here. Fault breaks it
// on purpose, let_go() as well, one re-check at a time.

#include <array>

#include "model/explorer.h"
#include "netpoll/connection/key_chain.h"

namespace netpoll {

enum class Fault {
  none,
  no_second_look,         // let_go() gives the key back and goes
  no_look_for_input,      // … or looks again for a close only
  no_look_for_close,      // … or for input only
  second_look_keeps,      // … sees something, and does not take the key again
  input_without_key,      // on_readable() brings input and does not try the key
  close_without_key,      // close() closes and does not try the key
  told_without_key,       // run_disconnect_task() does not try the key
  input_looked_at_last,   // let_go() tears down before it looks for input
  input_looked_at_first,  // let_go() looks for input before it asks who closed
  connected_by_load,  // run_on_connect() looks for hung_up, then sets its bit
};

template <Fault kFault>
struct Conn {
  enum Life : unsigned {
    connected = 1,
    hung_up = 2,
    disconnected = 4,
    user_closed = 8,
  };

  const bool serves;  // has on_request
  KeyChain<model::Sync> keys;
  model::Atomic<unsigned> life{0};
  model::Atomic<int> committed{0};
  model::Atomic<int> consumed{0};

  explicit Conn(bool with_on_request) : serves(with_on_request) {}

  // Touched by whoever holds the key; two at once are a race.
  model::Var<int> handled;
  model::Var<int> torn_down;
  model::Var<bool> greeted;              // on_connect has run
  model::Var<int> told;                  // how often on_disconnect has run
  std::array<model::Var<int>, 3> bytes;  // the input; 0 until it arrives
  int arrived = 0;                       // how much; the poller's own

  // connection_poller.cpp

  void on_readable() {
    bytes[static_cast<std::size_t>(arrived)].set(1);
    committed.store(++arrived, std::memory_order_release);
    if (kFault == Fault::input_without_key) return;
    if (serves && keys.try_process()) run_task();
  }

  void hang_up(ClosedBy by) {
    const bool first = keys.try_close(by);
    if (!first && by == ClosedBy::error) keys.fail();
    if (!first) return;
    if ((reach(hung_up) & connected) != 0) run_disconnect_task();
  }

  // connection_task.cpp

  void run_task() {
    if (!has(connected)) run_on_connect();
    do {
      handle_requests();
    } while (let_go());
  }

  void run_on_connect() {
    if (!has(user_closed)) greeted.set(true);
    if (kFault == Fault::connected_by_load) {
      const bool late = has(hung_up);
      reach(connected);
      if (late) run_on_disconnect();
      return;
    }
    if ((reach(connected) & hung_up) != 0) run_on_disconnect();
  }

  bool has_request() const {
    return serves && has(connected) && size() > 0 && !has(user_closed);
  }

  void handle_requests() {
    while (has_request()) {
      const int n = committed.load(std::memory_order_acquire);
      model::require(torn_down.get() == 0, "no handler after the tear-down");
      for (int i = handled.get(); i < n; ++i)
        model::require(bytes[static_cast<std::size_t>(i)].get() == 1,
                       "what was committed is there");
      handled.set(n);
      consumed.store(n, std::memory_order_release);
    }
  }

  void run_disconnect_task() {
    run_on_disconnect();
    if (kFault == Fault::told_without_key) return;
    if (keys.try_process()) run_task();
  }

  void run_on_disconnect() {
    told.set(told.get() + 1);
    reach(disconnected);
  }

  // connection.cpp

  void close() {
    reach(user_closed);
    if (!keys.try_close(ClosedBy::user)) keys.fail();
    if (kFault == Fault::close_without_key) return;
    if (keys.try_process() && let_go()) run_task();
  }

  bool has(Life stage) const {
    return (life.load(std::memory_order_acquire) & stage) != 0;
  }
  unsigned reach(Life stage) {
    return life.fetch_or(stage, std::memory_order_acq_rel);
  }

  bool ready_to_tear_down() const {
    switch (keys.closed_by()) {
      case ClosedBy::none:
        return false;
      case ClosedBy::user:
        return true;
      default:
        return has(disconnected);
    }
  }

  bool let_go() {
    if constexpr (kFault == Fault::none) return keys.let_go(*this);
    for (;;) {
      if (kFault == Fault::input_looked_at_first && has_request()) return true;
      const bool ending = ready_to_tear_down();
      if (ending && kFault == Fault::input_looked_at_last) {
        tear_down();
        return false;
      }
      if (kFault != Fault::input_looked_at_first && has_request()) return true;
      if (ending) {
        tear_down();
        return false;
      }
      keys.stop_processing();
      if (!must_look_again()) return false;
      if (kFault == Fault::second_look_keeps) return false;
      if (!keys.try_process()) return false;
    }
  }

  bool must_look_again() const {
    if (kFault == Fault::no_second_look) return false;
    return (kFault != Fault::no_look_for_close && ready_to_tear_down()) ||
           (kFault != Fault::no_look_for_input && has_request());
  }

  void tear_down() {
    keys.fail();
    keys.stop_flushing();
    torn_down.set(torn_down.get() + 1);
    handled.get();
  }

  int size() const {
    const int taken = consumed.load(std::memory_order_acquire);
    return committed.load(std::memory_order_acquire) - taken;
  }
};

}  // namespace netpoll
