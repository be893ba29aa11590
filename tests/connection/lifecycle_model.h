// SPDX-License-Identifier: Apache-2.0
#pragma once

// Does with the answers of a Lifecycle what Connection does, and nothing else; a
// task runs at once, on the thread that brought the event. The bytes pass by
// `committed`, as in LinkBuffer; what else Conn keeps beside the Lifecycle is
// relaxed or plain, so all other order comes from the class under test.

#include <array>

#include "model/explorer.h"
#include "netpoll/connection/lifecycle_impl.h"

namespace netpoll {

// Faults of a caller; each must be noticed.
enum class Fault {
  none,
  input_without_event,  // input is committed, and input_came() not called
  close_without_hold,  // user_closed() answers hold, and decide() is not called
  told_without_hold,   // told() answers hold, and decide() is not called
  input_after_its_event,  // input_came() is called before the commit
  looks_at_an_old_size,   // decide() is shown what the buffer held before
};

template <Fault kFault>
struct Conn {
  BasicLifecycle<model::Sync> life;
  model::Atomic<int> committed{0};
  model::Atomic<int> consumed{0};
  model::Atomic<int> users{0};

  // Touched by the holder of the key; two at once are a race.
  model::Var<int> handled;
  model::Var<int> torn_down;
  model::Var<bool> greeted;              // on_connect has run
  model::Var<int> told;                  // how often on_disconnect has run
  model::Var<bool> handler;              // the newest handler's own state
  std::array<model::Var<int>, 3> bytes;  // the input; 0 until it arrives
  int arrived = 0;                       // how much; the poller's own
  bool greets = false;
  bool keeps = false;  // a user holds a Ref at first

  explicit Conn(bool serves, bool on_connect = false) : life(serves) {
    greets = on_connect;
    life.prepare(on_connect);
  }

  // The poller.

  void input() {
    bytes[static_cast<std::size_t>(arrived)].set(1);
    if (kFault == Fault::input_after_its_event) {
      const Next next = life.input_came();
      committed.store(++arrived, std::memory_order_release);
      return settle(next);
    }
    committed.store(++arrived, std::memory_order_release);
    if (kFault == Fault::input_without_event) return;
    settle(life.input_came());
  }

  void peer_ends(ClosedBy by) {
    const Next next = life.peer_ended(by);
    if (next == Next::tell) return tell();
    settle(next);
  }

  // Any thread.

  void close() {
    const Next next = life.user_closed();
    if (kFault != Fault::close_without_hold) settle(next);
  }

  void replace_handler() {
    handler.set(true);
    settle(life.handler_replaced(true));
  }

  void drop_user() {
    users.fetch_add(-1, std::memory_order_relaxed);
    settle(life.user_gone());
  }

  // A worker.

  void settle(Next event) {
    if (event != Next::hold) return;
    handled.get();  // what the key guards may be touched at once
    work();
  }

  void work() {
    for (;;) {
      int old_size = 0;
      if (kFault == Fault::looks_at_an_old_size) old_size = unread();
      const auto mark = life.begin_look();
      Look look = now();
      if (kFault == Fault::looks_at_an_old_size)
        look.unread = static_cast<std::size_t>(old_size);
      switch (life.decide(mark, look)) {
        case Next::again:
          break;
        case Next::greet:
          model::require(torn_down.get() == 0,
                         "no on_connect after the tear-down");
          greeted.set(true);
          if (life.greeted() == Next::tell) tell();
          break;
        case Next::handle:
          handle();
          break;
        case Next::tear_down:
          torn_down.set(torn_down.get() + 1);
          handled.get();
          told.get();
          return;
        default:
          return;
      }
    }
  }

  void handle() {
    model::require(torn_down.get() == 0, "no on_request after the tear-down");
    model::require(!greets || greeted.get(), "no on_request before on_connect");
    if (life.take_new_handler()) handler.get();
    const int n = committed.load(std::memory_order_acquire);
    for (int i = handled.get(); i < n; ++i)
      model::require(bytes[static_cast<std::size_t>(i)].get() == 1,
                     "what was committed is there");
    handled.set(n);
    consumed.store(n, std::memory_order_relaxed);
    life.handled(static_cast<std::uint64_t>(n), true);
  }

  void tell() {
    model::require(!greets || greeted.get(),
                   "on_disconnect comes after on_connect");
    told.set(told.get() + 1);
    const Next next = life.told();
    if (kFault != Fault::told_without_hold) settle(next);
  }

  int unread() const {
    return committed.load(std::memory_order_acquire) -
           consumed.load(std::memory_order_relaxed);
  }

  Look now() const {
    const int all = committed.load(std::memory_order_acquire);
    const int taken = consumed.load(std::memory_order_relaxed);
    return {.arrived = static_cast<std::uint64_t>(all),
            .unread = static_cast<std::size_t>(all - taken),
            .held = keeps && users.load(std::memory_order_relaxed) > 0};
  }
};

}  // namespace netpoll
