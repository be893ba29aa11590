// SPDX-License-Identifier: Apache-2.0
// What an answer may cost. Nothing is timed: sends, memory of the pool and
// allocations are counted.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "counted.h"
#include "frames.h"
#include "netpoll/mcache/mcache.h"
#include "sort_server.h"
#include "support.h"

namespace sort_exercise {
namespace {

TEST_F(SortExercise, ACountAloneGetsNoMemory) {
  warm_up({2, 1});
  if (HasFatalFailure()) return;
  Client other(*runtime_);
  const std::size_t before = netpoll::mcache::stats().in_use_bytes;
  std::string head;
  append(head, kNumbersMax);
  other.ask(head);
  client_.ask(frame({2, 1}));  // both have one poller
  EXPECT_EQ(client_.judged(sorted({2, 1})), "right");
  const std::size_t now = netpoll::mcache::stats().in_use_bytes;
  EXPECT_LT(now > before ? now - before : 0, 64U * 1024)
      << "bytes of the pool for four bytes that have come: a peer that only "
         "promises makes the server pay";
}

TEST_F(SortExercise, OneSendForEightAnswers) {
  const Numbers numbers = some(64);
  warm_up(numbers);
  if (HasFatalFailure()) return;
  std::string requests;
  std::string expected;
  for (int i = 0; i < 8; ++i) {
    requests += frame(numbers);
    expected += sorted(numbers);
  }
  counted::sends = 0;
  client_.ask(requests);
  EXPECT_EQ(client_.judged(expected), "right");
  EXPECT_EQ(counted::sends, 1)
      << "system calls that sent eight answers, to requests that had come at "
         "once";
}

TEST_F(SortExercise, NoAllocationForARequest) {
  const Numbers numbers = some(1000);
  warm_up(numbers);
  if (HasFatalFailure()) return;
  const std::string request = frame(numbers);
  std::string got(request.size(), ' ');
  const int before = counted::allocations;
  client_.ask(request);
  const std::size_t count = client_.take_into(got.data(), got.size());
  const int more = counted::allocations - before;
  EXPECT_EQ(count, got.size());
  EXPECT_EQ(more, 0) << "calls of operator new for one request";
}

}  // namespace
}  // namespace sort_exercise
