// SPDX-License-Identifier: Apache-2.0
// What becomes of a call that gets no answer.
#include <gtest/gtest.h>

#include <string>

#include "calls.h"
#include "calls_support.h"
#include "support.h"

namespace request_id::test {
namespace {

TEST_F(RequestIdCalls, WhatCannotBeSentFailsAtOnce) {
  send_ = [](auto) { return false; };
  bounded("send returned false", [&] { call("ping"); });
  EXPECT_EQ(results_,
            Words{"[" + make_error_code(Errc::conn_closed).message() + "]"})
      << "send returned false: no answer will ever come";
  EXPECT_EQ(calls_.waiting(), 0U) << "nobody should wait for it any more";
}

TEST_F(RequestIdCalls, WhatCannotBeSentFailsAlone) {
  call("sent");
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  send_ = [](auto) { return false; };
  bounded("send returned false", [&] { calls_.call("not sent", [](auto) {}); });
  put(in_, frame(all[0].id, "A"));
  calls_.receive(in_);
  EXPECT_EQ(results_, Words{"A"})
      << "a second request could not be sent; the first one was, and its "
         "answer came then";
}

TEST_F(RequestIdCalls, AtTheEndAllThatWaitAreTold) {
  three_calls();
  calls_.end(Errc::eof);
  const std::string eof = "[" + make_error_code(Errc::eof).message() + "]";
  EXPECT_EQ(results_, (Words{eof, eof, eof})) << "three calls were waiting";
  calls_.end(Errc::eof);
  EXPECT_EQ(results_.size(), 3U) << "a second end() told somebody again";
}

TEST_F(RequestIdCalls, ADoneMayCallAgainAtTheEnd) {
  calls_.call("first", [this](Result<std::string> answer) {
    results_.push_back(told(answer));
    call("again");
  });
  bounded("a done called call(), on the thread of end()",
          [&] { calls_.end(Errc::eof); });
  EXPECT_EQ(results_.size(), 2U) << "both calls should have failed by now";
}

TEST_F(RequestIdCalls, ACallAfterTheEndIsToldAtOnceAndNotSent) {
  calls_.end(Errc::eof);
  calls_.end(Errc::read_timeout);
  call("late");
  const std::string eof = "[" + make_error_code(Errc::eof).message() + "]";
  EXPECT_EQ(results_, Words{eof}) << "end() has been: nobody would ever finish "
                                     "this call; the first error counts";
  EXPECT_EQ(sent().size(), 0U);
}

TEST_F(RequestIdCalls, AnEndDuringASendTellsOnce) {
  send_ = [this](auto) {
    calls_.end(Errc::eof);
    return false;
  };
  bounded("end() came during a send", [&] { call("ping"); });
  EXPECT_EQ(results_.size(), 1U) << "end() came during a send that then failed:"
                                    " done must be called once";
}

}  // namespace
}  // namespace request_id::test
