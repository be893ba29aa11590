// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the exercises about the Lifecycle share: small worlds for the explorer,
// what their threads may do, and what must hold in the end.
//
//    expect_well<Working>({work, close});

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "connection/lifecycle_model.h"
#include "connection/lifecycle_story.h"

namespace netpoll::test {

struct Life : Conn<Fault::none> {
  using Conn::Conn;
  int closes = 0;  // how often close() was called: what the word must know of
};

/// No thread holds the key.
struct Free : Life {
  Free() : Life(true) {}
};
/// As Free; and no on_request is set.
struct Silent : Life {
  Silent() : Life(false) {}
};
/// A worker is in its task, and holds the key.
struct Working : Life {
  Working() : Life(true) {
    model::require(life.try_hold(), "try_hold() gets a key that is free");
  }
};
/// As Working; and no on_request is set.
struct WorkingSilent : Life {
  WorkingSilent() : Life(false) {
    model::require(life.try_hold(), "try_hold() gets a key that is free");
  }
};
/// A worker holds the key and is in on_connect.
struct InOnConnect : Life {
  InOnConnect() : Life(true, true) {
    model::require(life.try_hold(), "try_hold() gets a key that is free");
    model::require(life.decide(life.begin_look(), {}) == Next::greet,
                   "a connection with on_connect is greeted first");
  }
};

/// What must hold when every thread has ended.
inline void look_after(Life& w) {
  using model::require;
  const ClosedBy by = w.life.closed_by();
  const bool ended = by != ClosedBy::none;
  const int torn_down = w.torn_down.get();
  require(w.closes == 0 || !w.life.can_write(),
          "our side has closed, and the word has lost it");
  require(torn_down <= 1, "the connection is torn down twice");
  require(!ended || torn_down == 1,
          "the connection has ended, and no thread tears it down");
  require(ended || torn_down == 0,
          "the connection is torn down, and nobody has ended it");
  require(by == ClosedBy::user || by == ClosedBy::error || w.unread() == 0,
          "input has come, and no thread handles it");
  require(ended || !w.life.is_held(),
          "every thread has gone, and none has given the key back");
  require(!ended || w.life.is_held(),
          "the key is free after the tear-down, so it can be taken again");
  require(w.told.get() <= 1, "on_disconnect has run twice");
  require(by != ClosedBy::peer || w.told.get() == 1,
          "the peer has ended, and on_disconnect has never run");
  require(by != ClosedBy::user || w.told.get() == 0,
          "our own side has closed, and on_disconnect has run");
}

// What a thread may do.

inline void work(Life& w) {
  w.work();
}
/// on_connect returns; as the rest of Connection::greet().
inline void return_from_on_connect(Life& w) {
  w.greeted.set(true);
  if (w.life.greeted() == Next::tell) w.tell();
  w.work();
}
inline void receive(Life& w) {
  w.input();
}
inline void close(Life& w) {
  ++w.closes;
  w.close();
}
inline void end(Life& w) {
  w.peer_ends(ClosedBy::peer);
}
inline void fail(Life& w) {
  w.peer_ends(ClosedBy::error);
}
inline void end_and_fail(Life& w) {
  end(w);
  fail(w);
}
/// As Connection::close_if_quiet().
inline void hold_for_a_look(Life& w) {
  if (!w.life.try_hold()) return;
  w.handled.set(w.handled.get());
  w.work();
}

/// Tries every run of `threads` in a World, and tells of the first that ends
/// badly. The explorer has one real thread, so ThreadSanitizer could see nothing;
/// and it would remember every fiber that ever was.
template <class World>
void expect_well(const std::vector<model::Step<World>>& threads) {
#ifdef __SANITIZE_THREAD__
  static_cast<void>(threads);
#else
  const std::string wrong =
      told(model::explore<World>(threads, [](World& w) { look_after(w); }));
  if (!wrong.empty()) ADD_FAILURE() << wrong;
#endif
}

}  // namespace netpoll::test
