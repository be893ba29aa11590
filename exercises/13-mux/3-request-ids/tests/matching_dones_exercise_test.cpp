// SPDX-License-Identifier: Apache-2.0
// What a done, and a send, may do while it runs.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "calls.h"
#include "calls_support.h"
#include "support.h"

namespace request_id::test {
namespace {

TEST_F(RequestIdCalls, ADoneMayCallAgain) {
  const auto call_again = [this](Result<std::string> answer) {
    results_.push_back(told(answer));
    call("again");
  };
  calls_.call("first", call_again);
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  put(in_, frame(all[0].id, "A"));
  bounded("a done called call(), on the thread of receive()",
          [&] { calls_.receive(in_); });
  EXPECT_EQ(calls_.waiting(), 1U) << "the call that the first one's done made";
}

TEST_F(RequestIdCalls, ACallIsOverBeforeItsDoneRuns) {
  std::size_t waiting = 1;
  calls_.call("ping", [&](auto) { waiting = calls_.waiting(); });
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  put(in_, frame(all[0].id, "A"));
  bounded("a done called waiting(), on the thread of receive()",
          [&] { calls_.receive(in_); });
  EXPECT_EQ(waiting, 0U) << "its done runs, and the call still counts as one "
                            "that waits: an end() now would tell it again";
}

TEST_F(RequestIdCalls, HoldNoLockWhileADoneRuns) {
  const auto ask = [this](auto) { ask_on_another_thread(); };
  calls_.call("answered", ask);
  for (const auto& one : sent())
    put(in_, frame(one.id, "A"));
  bounded(
      "receive() runs a done, which waits for a thread that calls "
      "waiting(). Who holds the lock?",
      [&] { calls_.receive(in_); });
  send_ = [](auto) { return false; };
  bounded(
      "send returned false, and the done waits for a thread that calls "
      "waiting(). Who holds the lock?",
      [&] { calls_.call("not sent", ask); });
  send_ = [](auto) { return true; };
  calls_.call("not answered", ask);
  bounded(
      "end() runs a done, which waits for a thread that calls waiting(). "
      "Who holds the lock?",
      [&] { calls_.end(Errc::eof); });
  bounded(
      "call() after the end runs its done, which waits for a thread that "
      "calls waiting(). Who holds the lock?",
      [&] { calls_.call("late", ask); });
}

TEST_F(RequestIdCalls, HoldNoLockWhileSendRuns) {
  send_ = [this](auto) {
    ask_on_another_thread();
    return true;
  };
  bounded("send waits for a thread that calls waiting(). Who holds the lock?",
          [&] { call("ping"); });
}

}  // namespace
}  // namespace request_id::test
