// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs a program of two to four threads once for each way it can go.
//
//    one execution                                the explorer
//
//    set_up()                     thread 0        for each path through the
//      |      |       |                           tree of decisions:
//    thread  thread  thread       fibers              one execution
//      |      |       |                           until one fails, or all
//    look_after()                 thread 0        are done
//
// A thread stops before each operation on an atomic and says what it is about
// to do (a Move). Then somebody moves: that is one decision. What a load finds
// is another, made by the Word. Code between two such operations touches only
// what is the thread's own, or a Var, which checks just that.
//
// Two executions that differ only in the order of moves that do not matter to
// each other are one and the same; of those only one is run to its end. How: a
// thread whose move has been tried here sleeps in the branches that follow,
// until a move matters to its own. If only sleepers are left, the rest has been
// seen. (Sleep sets: Godefroid, 1996.)

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/clock.h"
#include "model/fiber.h"
#include "model/path.h"
#include "model/site.h"

namespace netpoll::model {

class Word;

struct Program {
  std::function<void()> set_up;
  std::vector<std::function<void()>> threads;
  std::function<void()> look_after;
};

struct Options {
  /// A fault to plant.
  std::optional<Weakening> weakening = {};
  /// More executions than this is a failure: nothing is cut off in silence.
  std::size_t executions_max = 300'000;
  /// Fill Report::orders.
  bool list_orders = false;
  /// Also the executions that are equal to others: to test the cut itself.
  bool every_order = false;
};

struct Report {
  std::size_t executions = 0;  // run to the end
  std::size_t cut_short = 0;   // given up: an equal one had been run
  std::string failure;         // empty: none; else what, and how it came
  std::map<Site, std::memory_order> orders;  // every one that was named
};

class Scheduler {
 public:
  /// All executions of `program`, or those up to the first that fails.
  static Report explore(const Program& program, const Options& options);

  // For Word and Var, from inside an execution.

  static Scheduler& now() { return *current_; }
  std::size_t me() const { return me_; }
  Clock& clock() { return threads_[me_].clock; }
  Event tick() { return clock().tick(me_); }

  /// What a thread is about to do.
  struct Move {
    const Word* word = nullptr;  // null: it has ended
    bool writes = false;
    std::size_t after = 0;  // not before the word has more stores than this
  };
  /// Lets others go first, or not: all of it is tried.
  void pause(const Move& next);
  /// One of `count`: all are tried.
  std::size_t choose(std::size_t count) { return path_.choose(count); }
  /// The order to use where the program names `asked`.
  std::memory_order order_at(const Site& site, std::memory_order asked);
  /// A weak exchange may fail for no reason; once a thread, to come to an end.
  bool may_fail_for_no_reason();

  /// The word and the store that this thread has read last; null: none.
  struct Read {
    Word* word = nullptr;
    std::size_t index = 0;
  };
  Read& last_read() { return threads_[me_].last_read; }

  /// Ends the execution, and the exploration. Does not return to a fiber.
  void fail(const std::string& what);
  /// For the account of a failure.
  bool is_telling() const { return telling_; }
  void tell(const std::string& line);

 private:
  struct Thread {
    Fiber fiber;
    Clock clock;
    Move next;
    bool asleep = false;
    bool has_failed_for_no_reason = false;
    Read last_read;
  };

  explicit Scheduler(const Options& options) : options_(options) {}

  void execute(const Program& program);
  void start(const Program& program);
  void go_on();
  std::size_t pick();
  bool is_ready(std::size_t thread) const;

  static inline Scheduler* current_ = nullptr;

  const Options& options_;
  Path path_;
  Report report_;
  std::array<Thread, kThreadsMax> threads_;

  // Of the execution under way.
  std::size_t threads_count_ = 0;
  std::size_t me_ = kStage;
  std::size_t moves_ = 0;
  bool starting_ = false;
  bool cut_short_ = false;
  bool telling_ = false;
  std::string failure_;
  std::string account_;
};

}  // namespace netpoll::model
