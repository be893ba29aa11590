// SPDX-License-Identifier: Apache-2.0
//
// Where lines go, and what a sink may do while it runs.
#include "netpoll/base/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/base/trigger.h"

namespace netpoll {
namespace {

using Lines = std::vector<std::string>;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

// Collects lines in a sink; standard error is back when the test ends.
class LogTest : public testing::Test {
 protected:
  LogTest() { log::set_sink(collector()); }
  ~LogTest() override { log::set_sink(nullptr); }

  log::Sink collector() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }

  Lines lines;
};

TEST_F(LogTest, GivesTheSinkWhatWasDoneAndTheErrorsText) {
  log::warn("accept4", std::error_code(EMFILE, std::system_category()));
  EXPECT_EQ(lines, Lines{"accept4: Too many open files"});
}

TEST_F(LogTest, GivesTheSinkPlainDetail) {
  log::warn("on_request", "no such key");
  EXPECT_EQ(lines, Lines{"on_request: no such key"});
}

TEST_F(LogTest, SetSinkReturnsTheEarlierSink) {
  const log::Sink before = log::set_sink(nullptr);
  ASSERT_TRUE(before);
  before("by hand");
  EXPECT_EQ(lines, Lines{"by hand"});
  EXPECT_FALSE(log::set_sink(nullptr));
}

TEST_F(LogTest, WritesToStandardErrorWithoutASink) {
  log::set_sink(nullptr);
  CaptureStderr();
  log::warn("what", "why");
  EXPECT_EQ(GetCapturedStderr(), "netpoll: what: why\n");
  EXPECT_TRUE(lines.empty());
}

// The tests below fail by hanging if warn() calls the sink under its mutex.

TEST_F(LogTest, ASinkMayReplaceItself) {
  log::set_sink([this](std::string_view line) {
    lines.emplace_back(line);
    log::set_sink(collector());
  });
  log::warn("to the first", "a");
  log::warn("to the second", "b");
  EXPECT_EQ(lines, (Lines{"to the first: a", "to the second: b"}));
}

TEST_F(LogTest, ASinkMayWarn) {
  log::set_sink([this](std::string_view line) {
    if (lines.empty()) {
      lines.emplace_back(line);
      log::warn("from the sink", "b");
    } else {
      lines.emplace_back(line);
    }
  });
  log::warn("from outside", "a");
  EXPECT_EQ(lines, (Lines{"from outside: a", "from the sink: b"}));
}

TEST_F(LogTest, ASinkThatWarnsEachTimeComesToAnEnd) {
  log::set_sink([this](std::string_view line) {
    lines.emplace_back(line);
    log::warn("again", "b");
  });
  CaptureStderr();
  log::warn("once", "a");
  EXPECT_EQ(lines, (Lines{"once: a", "again: b", "again: b", "again: b"}));
  EXPECT_EQ(GetCapturedStderr(), "netpoll: again: b\n");
}

TEST_F(LogTest, SeveralThreadsAreInsideASinkAtOnce) {
  std::latch both_inside(2);
  log::set_sink([&](std::string_view) { both_inside.arrive_and_wait(); });
  std::jthread other([] { log::warn("one", "a"); });
  log::warn("other", "b");
  other.join();
  EXPECT_TRUE(both_inside.try_wait());
}

TEST_F(LogTest, WarnDoesNotWaitForASinkThatIsReplaced) {
  Trigger inside;
  Trigger go_on;
  log::set_sink([&](std::string_view) {
    inside.pull();
    go_on.wait();
  });
  std::jthread slow([] { log::warn("slow", "a"); });
  inside.wait();
  log::set_sink(collector());
  log::warn("quick", "b");
  EXPECT_EQ(lines, Lines{"quick: b"});
  go_on.pull();
}

TEST_F(LogTest, AReplacedSinkLivesUntilItsLastCallIsOver) {
  Trigger inside;
  Trigger go_on;
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = held;
  int seen = 0;
  log::set_sink([&, held = std::move(held)](std::string_view) {
    inside.pull();
    go_on.wait();
    seen = *held;
  });
  std::jthread slow([] { log::warn("slow", "a"); });
  inside.wait();
  log::set_sink(nullptr);
  EXPECT_FALSE(watched.expired());
  go_on.pull();
  slow.join();
  EXPECT_EQ(seen, 7);
  EXPECT_TRUE(watched.expired());
}

// Warns when its last copy is destroyed.
struct LastWords {
  ~LastWords() { log::warn("last words", "of the sink"); }
};

TEST_F(LogTest, ASinkMayWarnWhenItIsDestroyed) {
  log::set_sink([words = std::make_shared<LastWords>()](std::string_view) {});
  log::set_sink(collector());
  EXPECT_EQ(lines, Lines{"last words: of the sink"});
}

TEST_F(LogTest, WhatASinkThrowsIsCaughtAndTheLineIsNotLost) {
  log::set_sink(
      [](std::string_view) { throw std::runtime_error("disk is full"); });
  CaptureStderr();
  log::warn("accept4", "no memory");
  EXPECT_EQ(GetCapturedStderr(),
            "netpoll: accept4: no memory\n"
            "netpoll: the log's sink threw: disk is full\n");
}

TEST_F(LogTest, WhatASinkThrowsNeedNotBeAnException) {
  log::set_sink([](std::string_view) { throw 42; });
  CaptureStderr();
  log::warn("accept4", "no memory");
  EXPECT_EQ(GetCapturedStderr(),
            "netpoll: accept4: no memory\n"
            "netpoll: the log's sink threw: not a std::exception\n");
}

TEST_F(LogTest, ASinkThatThrewIsCalledAgain) {
  int calls = 0;
  log::set_sink([&](std::string_view) { throw ++calls; });
  CaptureStderr();
  for (int i = 0; i < 10; ++i)
    log::warn("what", "why");
  GetCapturedStderr();
  EXPECT_EQ(calls, 10);
}

}  // namespace
}  // namespace netpoll
