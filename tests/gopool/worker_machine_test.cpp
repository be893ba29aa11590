// SPDX-License-Identifier: Apache-2.0
//
// The picture of a worker in the book, diagrams/machines/worker.tsv, against the
// pool. A worker decides in three places (it has been started, it has been
// woken, it comes back from a task) by two questions (is a task queued, is the
// pool stopped). The test brings about all twelve, and what may end a sleep.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gopool/support.h"
#include "netpoll/base/mutex.h"
#include "netpoll/gopool/gopool.h"
#include "support/machine_table.h"

namespace netpoll {
namespace {

using test::Edge;
using test::eventually;
using test::Machine;

// What one worker does: each thing in a word, the oldest first.
class Diary {
 public:
  void note(std::string what) {
    const Lock lock(mutex_);
    said_[std::this_thread::get_id()].push_back(std::move(what));
  }
  void forget(std::thread::id who) {
    const Lock lock(mutex_);
    said_[who].clear();
  }
  // The first word of `who` since forget(); waits for it.
  std::string first(std::thread::id who) {
    std::string word = "nothing";
    eventually([&] {
      const Lock lock(mutex_);
      if (said_[who].empty()) return false;
      word = said_[who].front();
      return true;
    });
    return word;
  }

 private:
  Mutex mutex_;
  std::map<std::thread::id, std::vector<std::string>> said_
      NETPOLL_GUARDED_BY(mutex_);
};

// A pool in which the nth worker waits twice for the test: as its thread begins,
// and as it goes to sleep for the first time.
class Stage {
 public:
  explicit Stage(int watched) : watched_(watched) {}
  ~Stage() {
    open(begin_);
    open(wake_);
    open(busy_);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  GoPool& pool() { return pool_; }
  void let_begin() { open(begin_); }
  void let_sleep() { open(wake_); }
  void let_others_go_on() { open(busy_); }

  // A task that says who runs it.
  Task said() {
    return [this] { diary_.note("run"); };
  }
  // A task that stays until let_others_go_on().
  Task busy() {
    return [this] {
      ++busy_tasks_;
      busy_.wait();
    };
  }
  void stop() {
    stopping_ =
        std::async(std::launch::async, [this] { pool_.stop(Stop::drain); });
    EXPECT_TRUE(eventually([this] { return pool_.is_stopped(); }));
  }
  void wait_busy() {
    EXPECT_TRUE(eventually([this] { return busy_tasks_ == 1; }));
  }
  // The watched worker lies in idle_, and has not gone on since.
  void wait_asleep() {
    EXPECT_TRUE(eventually([this] { return asleep_.load(); }));
  }
  void wait_quiet(std::size_t idle) {
    EXPECT_TRUE(eventually([&] {
      const GoPool::Stats now = pool_.stats();
      return now.queued == 0 && now.idle == idle;
    }));
  }
  void wait_started() {
    EXPECT_TRUE(eventually([this] { return begun_.load(); }));
  }
  // What the watched worker does after `go_on`.
  template <class GoOn>
  std::string next(GoOn go_on) {
    diary_.forget(who_);
    go_on();
    return diary_.first(who_);
  }

 private:
  static void open(std::latch& latch) {
    if (!latch.try_wait()) latch.count_down();
  }
  bool is_watched() const { return std::this_thread::get_id() == who_; }

  std::thread start(Task body) {
    const bool watched = ++started_ == watched_;
    return std::thread([this, watched, body = std::move(body)]() mutable {
      if (watched) {
        who_ = std::this_thread::get_id();
        begun_ = true;
        begin_.wait();
      }
      body();
      diary_.note("end");
    });
  }
  void before_sleep() {
    diary_.note("sleep");
    if (!is_watched() || asleep_.exchange(true)) return;
    wake_.wait();
  }

  const int watched_;
  int started_ = 0;
  std::atomic<bool> begun_{false};
  std::atomic<bool> asleep_{false};
  std::atomic<int> busy_tasks_{0};
  std::atomic<std::thread::id> who_;  // set before begun_
  std::latch begin_{1};
  std::latch wake_{1};
  std::latch busy_{1};
  Diary diary_;
  GoPool pool_{
      {.cap = static_cast<std::size_t>(watched_),
       .start_thread = [this](Task body) { return start(std::move(body)); },
       .before_sleep = [this] { before_sleep(); }}};
  std::future<void> stopping_;
};

// Whether a task is queued, and whether the pool is stopped, when the worker
// asks what to do next.
struct Case {
  bool queued;
  bool stopped;

  std::string event() const {
    return std::string(queued ? "task" : "none") + (stopped ? "_stopped" : "");
  }
};

// The worker's thread has begun while another worker is busy.
std::string after_start(const Case& now) {
  Stage stage(2);
  EXPECT_TRUE(stage.pool().go(stage.busy()));
  stage.wait_busy();
  EXPECT_TRUE(stage.pool().go(stage.said()));  // starts the watched worker
  stage.wait_started();
  if (!now.queued) {  // the other worker takes the task
    stage.let_others_go_on();
    stage.wait_quiet(1);
  }
  if (now.stopped) stage.stop();
  return stage.next([&] { stage.let_begin(); });
}

// The worker has been woken: for a task, which the other worker may have taken
// meanwhile, or because the pool stops.
std::string after_wake(const Case& now) {
  Stage stage(2);
  stage.let_begin();
  EXPECT_TRUE(stage.pool().go(stage.busy()));
  stage.wait_busy();
  EXPECT_TRUE(stage.pool().go(stage.said()));
  stage.wait_asleep();
  if (now.queued || !now.stopped) {
    EXPECT_TRUE(stage.pool().go(stage.said()));  // wakes the watched worker
  }
  if (!now.queued) {
    stage.let_others_go_on();
    stage.wait_quiet(now.stopped ? 2 : 1);
  }
  if (now.stopped) stage.stop();
  return stage.next([&] { stage.let_sleep(); });
}

// The worker comes back from a task.
std::string after_task(const Case& now) {
  Stage stage(1);
  stage.let_begin();
  stage.let_sleep();
  EXPECT_TRUE(stage.pool().go(stage.busy()));
  stage.wait_busy();
  if (now.queued) {
    EXPECT_TRUE(stage.pool().go(stage.said()));
  }
  if (now.stopped) stage.stop();
  return stage.next([&] { stage.let_others_go_on(); });
}

// What takes a sleeping worker off idle_: a task for it, or the end of the pool.
std::string taken_off(bool stopped) {
  Stage stage(1);
  stage.let_begin();
  EXPECT_TRUE(stage.pool().go(stage.said()));
  stage.wait_asleep();
  EXPECT_EQ(stage.pool().idle_count(), 1u);
  if (stopped) {
    stage.stop();
  } else {
    EXPECT_TRUE(stage.pool().go(stage.said()));
  }
  return stage.pool().idle_count() == 0 ? "woken" : "idle";
}

// What a worker does that has slept for keep_alive.
std::string after_keep_alive(std::size_t min_idle) {
  constexpr auto kKeepAlive = std::chrono::milliseconds(1);
  GoPool pool({.keep_alive = kKeepAlive, .min_idle = min_idle});
  EXPECT_TRUE(pool.go([] {}));
  EXPECT_TRUE(eventually([&] { return pool.stats().queued == 0; }));
  if (min_idle == 0) {
    return eventually([&] { return pool.worker_count() == 0; }) ? "ended"
                                                                : "idle";
  }
  EXPECT_TRUE(eventually([&] { return pool.idle_count() == 1; }));
  std::this_thread::sleep_for(20 * kKeepAlive);
  return pool.idle_count() == 1 ? "idle" : "ended";
}

// Where a worker is that does `word`.
std::string state(const std::string& word) {
  if (word == "run") return "running";
  return word == "sleep" ? "idle" : word == "end" ? "ended" : word;
}

Machine walk() {
  Machine made;
  const auto add = [&](const char* from, const Case& now, std::string word) {
    made.insert({from, now.event(), word, state(word)});
  };
  for (const Case now : {Case{false, false}, Case{false, true},
                         Case{true, false}, Case{true, true}}) {
    add("started", now, after_start(now));
    add("woken", now, after_wake(now));
    add("running", now, after_task(now));
  }
  made.insert({"idle", "go", "taken off idle_", taken_off(false)});
  made.insert({"idle", "stop", "taken off idle_", taken_off(true)});
  made.insert({"idle", "keep_alive", "end", after_keep_alive(0)});
  made.insert({"idle", "keep_alive_min_idle", "sleep", after_keep_alive(1)});
  return made;
}

TEST(WorkerMachine, IsTheOneThatTheBookDraws) {
  test::expect_same(test::drawn("worker"), walk());
}

TEST(WorkerMachine, NoticesAnArrowThatIsMissingAndOneThatIsInvented) {
  const Machine made = test::drawn("worker");
  Machine table = made;
  table.erase(Edge{"woken", "none", "sleep", "idle"});
  EXPECT_EQ(test::differences(table, made).size(), 1u);
  table = made;
  table.insert(Edge{"running", "task", "sleep", "idle"});
  EXPECT_EQ(test::differences(table, made).size(), 1u);
}

}  // namespace
}  // namespace netpoll
