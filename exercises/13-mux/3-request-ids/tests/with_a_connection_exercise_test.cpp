// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "calls.h"
#include "calls_support.h"
#include "connection/support.h"
#include "netpoll/mux/shard_queue.h"
#include "support.h"

namespace request_id::test {
namespace {

// Sends sixteen requests over a connection; the test answers the last one first.
void ask_and_answer_backwards() {
  LinkBuffer in;
  std::atomic<int> right = 0;
  std::unique_ptr<Calls> calls;
  netpoll::test::Served served({.on_request = [&](netpoll::Connection& conn) {
    auto part = conn.reader().slice(conn.reader().size());
    std::move(*part).move_to(in);
    in.flush();
    EXPECT_FALSE(calls->receive(in));
  }});
  ShardQueue queue(served.runtime(), served.conn());
  calls = std::make_unique<Calls>(
      [&](auto getter) { return queue.add(std::move(getter)); });
  ASSERT_FALSE(served.start());
  const timeval limit{.tv_sec = 2, .tv_usec = 0};  // for what does not come
  ASSERT_EQ(
      ::setsockopt(served.far(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit),
      0);
  for (char c = 'a'; c < 'a' + 16; ++c) {
    calls->call(std::string(1, c), [&right, c](auto answer) {
      right += answer && *answer == std::string(1, c) + "!" ? 1 : 0;
    });
  }
  std::string answers;
  for (int i = 0; i < 16; ++i) {
    const std::string request = served.receive(13);
    if (request.size() != 13) served.close_far();  // so that no flush waits
    ASSERT_EQ(request.size(), 13U)
        << "the server waits for sixteen frames of 13 bytes; " << i
        << " have come";
    answers = number(10, 4) + request.substr(4) + "!" + answers;
  }
  EXPECT_TRUE(served.send(answers));
  EXPECT_TRUE(netpoll::test::eventually([&] { return right == 16; }));
}

// Last, and only if all is well so far: what a wrong answer sends over a
// connection may take long, and the end of the connection waits for it.
TEST(RequestIdOverAConnection, SixteenAnswersComeBackwards) {
  if (ended_before() > 0 ||
      testing::UnitTest::GetInstance()->failed_test_count() > 0)
    return;
  const TimeLimit limit(
      "sixteen requests went over a connection, their answers came in the "
      "opposite order, and not each done got its own",
      TimeLimit::Time(1000));
  ask_and_answer_backwards();
}

}  // namespace
}  // namespace request_id::test
