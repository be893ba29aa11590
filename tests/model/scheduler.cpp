// SPDX-License-Identifier: Apache-2.0
#include "model/scheduler.h"

#include <cassert>

#include "model/word.h"

namespace netpoll::model {
namespace {

constexpr std::size_t kMovesMax = 1000;  // a loop that does not yield

// `slept` could have gone first, and had been tried so; now `done` has. Is the
// outcome perhaps another one? A load takes nothing from a write that comes
// after it: after the write, it may still find the older value. So "load, then
// write" is one of the executions of "write, then load"; not the reverse.
bool matters(const Scheduler::Move& slept, const Scheduler::Move& done) {
  return slept.word == done.word && done.writes;
}

}  // namespace

Report Scheduler::explore(const Program& program, const Options& options) {
  assert(program.threads.size() < kThreadsMax);
  Scheduler scheduler(options);
  current_ = &scheduler;
  Report& report = scheduler.report_;
  do {
    scheduler.execute(program);
    ++(scheduler.cut_short_ ? report.cut_short : report.executions);
    if (scheduler.failure_.empty() &&
        report.executions + report.cut_short > options.executions_max) {
      scheduler.failure_ = "more executions than executions_max";
      break;
    }
  } while (scheduler.failure_.empty() && scheduler.path_.advance());

  if (!scheduler.failure_.empty()) {
    // Once more, the same way, and this time with an account.
    const std::string what = scheduler.failure_;
    scheduler.telling_ = true;
    scheduler.execute(program);
    report.failure = what + ", in execution " +
                     std::to_string(report.executions) + ":\n" +
                     scheduler.account_;
  }
  current_ = nullptr;
  return report;
}

void Scheduler::execute(const Program& program) {
  path_.rewind();
  failure_.clear();
  cut_short_ = false;
  moves_ = 0;
  for (Thread& thread : threads_) {
    thread.clock = Clock();
    thread.next = Move();
    thread.asleep = false;
    thread.has_failed_for_no_reason = false;
    thread.last_read = Read();
  }
  program.set_up();
  start(program);
  go_on();  // comes back when nobody can move
  if (cut_short_ || !failure_.empty()) return;
  for (const Thread& thread : threads_)
    clock().join(thread.clock);
  program.look_after();
}

// Each fiber runs up to its first move.
void Scheduler::start(const Program& program) {
  threads_count_ = program.threads.size() + 1;
  starting_ = true;
  for (std::size_t i = 1; i < threads_count_ && failure_.empty(); ++i) {
    threads_[i].clock = threads_[kStage].clock;
    threads_[i].fiber.reset([this, &body = program.threads[i - 1]] {
      body();
      threads_[me_].next = Move();
      go_on();
    });
    me_ = i;
    Fiber::pass(threads_[kStage].fiber, threads_[i].fiber);
  }
  starting_ = false;
}

void Scheduler::pause(const Move& next) {
  if (me_ == kStage) return;
  threads_[me_].next = next;
  if (++moves_ > kMovesMax) fail("it does not come to an end");
  go_on();
}

void Scheduler::go_on() {
  if (!failure_.empty()) return;
  const std::size_t here = me_;
  me_ = starting_ ? kStage : pick();
  if (me_ != here) Fiber::pass(threads_[here].fiber, threads_[me_].fiber);
}

// Who moves next; the stage when nobody does.
std::size_t Scheduler::pick() {
  std::array<std::size_t, kThreadsMax> awake{};
  std::size_t count = 0;
  bool somebody = false;
  bool unfinished = false;
  for (const bool writes : {true, false}) {  // writes first: see matters()
    for (std::size_t i = 1; i < threads_count_; ++i) {
      unfinished = unfinished || threads_[i].next.word != nullptr;
      if (!is_ready(i) || threads_[i].next.writes != writes) continue;
      somebody = true;
      if (!threads_[i].asleep) awake[count++] = i;
    }
  }
  if (!somebody && unfinished) failure_ = "every thread waits for another";
  if (somebody && count == 0) cut_short_ = true;
  if (count == 0) return kStage;

  const std::size_t branch = path_.choose(count);
  const std::size_t next = awake[branch];
  if (options_.every_order) return next;
  for (std::size_t i = 0; i < branch; ++i)
    threads_[awake[i]].asleep = true;  // that way has been tried
  for (Thread& thread : threads_) {
    if (matters(thread.next, threads_[next].next)) thread.asleep = false;
  }
  return next;
}

bool Scheduler::is_ready(std::size_t thread) const {
  const Move& next = threads_[thread].next;
  return next.word != nullptr && next.word->stores() > next.after;
}

std::memory_order Scheduler::order_at(const Site& site,
                                      std::memory_order asked) {
  if (!is_modelled(asked)) fail("an order that is not modelled");
  if (options_.list_orders) report_.orders.emplace(site, asked);
  const std::optional<Weakening>& fault = options_.weakening;
  return fault && fault->site == site ? fault->to : asked;
}

bool Scheduler::may_fail_for_no_reason() {
  bool& has = threads_[me_].has_failed_for_no_reason;
  if (has || me_ == kStage || choose(2) == 0) return false;
  has = true;
  return true;
}

void Scheduler::fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
  if (telling_) tell("FAILED: " + what);
  if (me_ == kStage) return;
  const std::size_t here = me_;
  me_ = kStage;
  Fiber::pass(threads_[here].fiber, threads_[kStage].fiber);
}

void Scheduler::tell(const std::string& line) {
  account_ +=
      me_ == kStage ? "  stage     " : "  thread " + std::to_string(me_) + "  ";
  account_ += line + "\n";
}

}  // namespace netpoll::model
