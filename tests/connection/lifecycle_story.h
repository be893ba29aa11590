// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the exercises about the Lifecycle share: small worlds for the explorer,
// what must hold in the end, and a failure told in words.
//
//    expect_well<Working>({work, close});
//
//    the connection has ended, and no thread tears it down
//    one run that leads there:
//      thread 1  begin_look   held serves greeted
//      thread 2  raise        held news serves greeted user-closed
//      thread 1  decide       news serves greeted user-closed
//
// To the right stands the word after the step, each bit by its name. Steps that
// one thread makes in one function, one after another, are one line.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "connection/lifecycle_model.h"

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

/// The bits that are set, by name.
inline std::string names(std::uint64_t word) {
  static constexpr std::array<const char*, 12> kNames = {
      "held",   "news",    "serves",      "new-handler",
      "greets", "greeted", "user-closed", "peer-closed",
      "failed", "telling", "told",        "stopping"};
  std::string all;
  for (; word != 0; word &= word - 1) {
    const auto bit = static_cast<std::size_t>(std::countr_zero(word));
    all += ' ';
    all += bit < kNames.size() ? kNames.at(bit) : "?";
  }
  return all.empty() ? " no bit" : all;
}

/// One line of the explorer's account, "  thread 1  raise, FILE: …, 103": who,
/// in which function, and the word afterwards.
struct Step {
  std::string who;
  std::string what;
  std::string word;

  explicit Step(std::string_view line) {
    const std::size_t comma = line.find(',');
    if (line.size() < 12 || comma == std::string_view::npos) return;
    const std::string_view thread = line.substr(2, 8);
    const std::string_view name = line.substr(12, comma - 12);
    if (thread.starts_with("stage")) return;
    if (line.find("lifecycle_impl.h") != std::string_view::npos) {
      what = name == "has" ? "asks" : name;
      const std::size_t number = line.find(", ", line.find(": ")) + 2;
      word = names(std::stoull(std::string(line.substr(number))));
      if (line.find(", stale") != std::string_view::npos)
        word += "  (an old value)";
    } else if (name == "input") {
      what = "puts input into the buffer";
    } else {
      return;
    }
    who = thread;
  }
  bool goes_on(const Step& before) const {
    return who == before.who && what == before.what;
  }
};

/// What a data race in the function that `what` names means here.
inline std::string race(const std::string& what) {
  const std::size_t from = what.find(", ") + 2;
  const std::string function = what.substr(from, what.find(',', from) - from);
  std::string where = "the work of the holder of the key";
  if (function == "tell") where = "on_disconnect";
  if (function == "handle") where = "on_request";
  return "a data race in " + where +
         ": two threads are there at once, or the later one does not see what "
         "the earlier one has done";
}

/// The explorer's account of a failure, shortened.
inline std::string told(const model::Report& report) {
  if (report.failure.empty()) return "";
  std::string what = report.failure.substr(0, report.failure.find(", in exec"));
  if (what.starts_with("data race")) what = race(what);
  std::vector<Step> steps;
  std::istringstream account(report.failure);
  for (std::string line; std::getline(account, line);) {
    Step step(line);
    if (step.who.empty()) continue;
    if (!steps.empty() && step.goes_on(steps.back())) steps.pop_back();
    steps.push_back(step);
  }
  std::string all = what + "\none run that leads there:\n";
  for (const Step& step : steps) {
    const std::size_t room = step.word.empty() ? 0 : 12;
    std::string name = step.what;
    name.resize(std::max(room, name.size()), ' ');
    all += "  " + step.who + "  " + name + step.word + '\n';
  }
  return all;
}

/// Tries every run of `threads` in a World, and tells of the first that ends
/// badly. The explorer has one real thread, so ThreadSanitizer could see nothing;
/// and it would remember every fiber that ever was.
template <class World>
void expect_well(const std::vector<model::Step<World>>& threads) {
#ifdef __SANITIZE_THREAD__
  return;
#endif
  const std::string wrong =
      told(model::explore<World>(threads, [](World& w) { look_after(w); }));
  if (!wrong.empty()) ADD_FAILURE() << wrong;
}

/// As it stands in the source.
inline std::string word_of(Next next) {
  static constexpr std::array<const char*, 8> kWords = {
      "nothing", "hold",   "again", "tell",
      "greet",   "handle", "close", "tear_down"};
  return kWords.at(static_cast<std::size_t>(next));
}

// What a thread may do.

inline void work(Life& w) {
  w.work();
}
inline void start(Life& w) {
  w.settle(w.life.look_again());
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

}  // namespace netpoll::test
