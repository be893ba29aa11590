// SPDX-License-Identifier: Apache-2.0
// Which answer belongs to which call.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "calls.h"
#include "calls_support.h"
#include "support.h"

namespace request_id::test {
namespace {

TEST_F(RequestIdCalls, SendARequestAndWait) {
  call("ping");
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U) << "one frame should have been sent";
  EXPECT_EQ(all[0].payload, "ping");
  EXPECT_EQ(calls_.waiting(), 1U);
  EXPECT_EQ(results_, Words()) << "no answer has come yet";
}

TEST_F(RequestIdCalls, FindTheirAnswersInWhateverOrderTheseCome) {
  const auto ids = three_calls();
  put(in_, frame(ids[1], "B") + frame(ids[2], "C") + frame(ids[0], "A"));
  calls_.receive(in_);
  EXPECT_EQ(results_, (Words{"B", "C", "A"})) << "the answers came as B, C, A";
  calls_.call("d", [](Result<std::string>) {});
  EXPECT_EQ(calls_.waiting(), 1U);
}

TEST_F(RequestIdCalls, EachDoneGetsTheAnswerToItsOwnRequest) {
  std::string first;
  std::string second;
  calls_.call("1", [&](auto answer) { first = told(answer); });
  calls_.call("2", [&](auto answer) { second = told(answer); });
  const auto all = sent();
  ASSERT_EQ(all.size(), 2U);
  put(in_, frame(all[1].id, "two") + frame(all[0].id, "one"));
  calls_.receive(in_);
  EXPECT_EQ(first, "one") << "the answer to 2 came first";
  EXPECT_EQ(second, "two");
}

TEST_F(RequestIdCalls, AnAnswerInPiecesIsWaitedFor) {
  const auto ids = three_calls();
  const std::string bytes = frame(ids[0], "A") + frame(ids[1], "B");
  for (const char byte : bytes) {
    put(in_, std::string(1, byte));
    EXPECT_FALSE(calls_.receive(in_)) << "half a frame is no error";
  }
  EXPECT_EQ(results_, (Words{"A", "B"}));
}

TEST_F(RequestIdCalls, AnAnswerThatNobodyWaitsForIsSkipped) {
  const auto ids = three_calls();
  const std::uint64_t unknown = ids[0] + (std::uint64_t{1} << 32);
  put(in_, frame(unknown, "who?") + frame(ids[0], "A") + frame(ids[0], "A") +
               frame(ids[1], "B"));
  EXPECT_FALSE(calls_.receive(in_))
      << "an answer that nobody waits for is no error: it is skipped";
  EXPECT_EQ(results_, (Words{"A", "B"}))
      << "an unknown id came, and the answer A came twice";
}

TEST_F(RequestIdCalls, AnIdOfACallThatWaitsIsNotGivenAgain) {
  const auto ids = three_calls();
  put(in_, frame(ids[0], "A"));
  calls_.receive(in_);
  call("d");
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].id != ids[1] && all[0].id != ids[2])
      << "a, b and c were called, a was answered, d was called: d has the id "
         "of a call that still waits";
}

TEST_F(RequestIdCalls, AFrameThatCannotBeIsAnError) {
  put(in_, number(3, 4));
  EXPECT_EQ(calls_.receive(in_), Errc::invalid_argument)
      << "a frame with the length 3 came: receive() should pass on what "
         "read_frame() says of it";
}

TEST_F(RequestIdCalls, TheAnswerMayComeBeforeSendReturns) {
  send_ = [this](auto getter) {
    getter(sent_);
    for (const auto& one : sent())
      put(in_, frame(one.id, "quick"));
    calls_.receive(in_);
    return true;
  };
  bounded("the answer came before send returned", [&] { call("ping"); });
  EXPECT_EQ(results_, Words{"quick"})
      << "the peer's answer was there before send returned; nobody was found "
         "who waits for it";
  EXPECT_EQ(calls_.waiting(), 0U);
}

TEST_F(RequestIdCalls, AFrameMayBeWrittenWhenCallHasReturned) {
  std::vector<ShardQueue::Getter> getters;
  send_ = [&](auto getter) {
    getters.push_back(std::move(getter));
    return true;
  };
  const std::string a(100, 'a');
  const std::string b(100, 'b');
  call(a);
  call(b);
  for (auto& getter : getters)
    getter(sent_);
  const auto all = sent();
  EXPECT_TRUE(all.size() == 2 && all[0].payload == a && all[1].payload == b &&
              all[0].id != all[1].id)
      << "send put the getters away and called them later, as a ShardQueue "
         "does: other bytes came than were given to call()";
}

}  // namespace
}  // namespace request_id::test
