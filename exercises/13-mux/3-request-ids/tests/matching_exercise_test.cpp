// SPDX-License-Identifier: Apache-2.0
// What the exercise asks of calls.cpp, one test for each way to get it wrong.
// Only the last one has a connection; the others hand over the bytes
// themselves.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "calls.h"
#include "connection/support.h"
#include "frame.h"
#include "netpoll/mux/shard_queue.h"
#include "support.h"

namespace request_id::test {
namespace {

using netpoll::Errc;
using netpoll::LinkBuffer;
using netpoll::Result;
using netpoll::ShardQueue;

std::string told(const Result<std::string>& answer) {
  return answer ? *answer : "[" + answer.error().message() + "]";
}

// A connection that only remembers; the test is the server.
class RequestIdCalls : public testing::Test {
 protected:
  // A call whose result goes to the end of results_.
  void call(const std::string& request) {
    calls_.call(request, [this](Result<std::string> answer) {
      results_.push_back(told(answer));
    });
  }
  std::vector<Frame> sent() {
    std::vector<Frame> all;
    sent_.flush();
    while (sent_.size() >= 12) {
      const std::string head = *sent_.read_string(12);
      std::uint64_t length = 0;
      std::uint64_t id = 0;
      for (int i = 0; i < 12; ++i) {
        std::uint64_t& number = i < 4 ? length : id;
        number = number << 8 | static_cast<unsigned char>(head[i]);
      }
      if (length < 8 || length - 8 > sent_.size()) break;
      all.push_back({id, *sent_.read_string(length - 8)});
    }
    return all;
  }
  // Ends once another thread has asked calls_ something.
  void ask_on_another_thread() {
    std::thread([this] { static_cast<void>(calls_.waiting()); }).join();
  }
  // The requests `a`, `b`, `c`, and their ids; 0 where none was sent.
  std::vector<std::uint64_t> three_calls() {
    for (const char* request : {"a", "b", "c"})
      call(request);
    std::vector<std::uint64_t> ids(3);
    for (const auto& one : sent()) {
      if (one.payload.size() == 1 && one.payload[0] >= 'a' &&
          one.payload[0] <= 'c')
        ids[static_cast<std::size_t>(one.payload[0] - 'a')] = one.id;
    }
    return ids;
  }

  std::function<bool(ShardQueue::Getter)> send_ = [this](auto getter) {
    getter(sent_);
    return true;
  };
  LinkBuffer sent_;
  LinkBuffer in_;
  std::vector<std::string> results_;
  Calls calls_{
      [this](ShardQueue::Getter getter) { return send_(std::move(getter)); }};
};

using Words = std::vector<std::string>;

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

TEST(RequestIdThreads, ACallBesideAnEndIsToldOnce) {
  for (int round = 0; round < 100; ++round) {
    Calls calls([](auto) { return true; });
    std::atomic<int> made = 0;
    std::atomic<int> told = 0;
    std::atomic<bool> over = false;
    std::thread caller([&] {
      while (!over && made < 500) {
        calls.call("x", [&](auto) { ++told; });
        ++made;
      }
    });
    while (made == 0)
      std::this_thread::yield();
    calls.end(Errc::eof);
    over = true;
    caller.join();
    ASSERT_TRUE(told == made && calls.waiting() == 0)
        << "one thread made calls, another called end() meanwhile; then a call "
           "still waited, or was told twice";
  }
}

TEST_F(RequestIdCalls, OfManyThreadsHaveIdsOfTheirOwn) {
  std::mutex mutex;
  send_ = [&](auto getter) {
    const std::lock_guard lock(mutex);
    getter(sent_);
    return true;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 50; ++n)
        calls_.call("x", [](auto) {});
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  std::set<std::uint64_t> ids;
  for (const auto& one : sent())
    ids.insert(one.id);
  EXPECT_EQ(ids.size(), 200U) << "four threads made 50 calls each";
  EXPECT_EQ(calls_.waiting(), 200U);
}

// Last, and only if all is well so far: it waits for the network.
TEST(RequestIdOverAConnection, SixteenAnswersComeBackwards) {
  if (testing::UnitTest::GetInstance()->failed_test_count() > 0) return;
  LinkBuffer in;
  std::unique_ptr<Calls> calls;
  std::atomic<int> right = 0;
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
  const timeval limit{.tv_sec = 4, .tv_usec = 0};  // for what does not come
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

}  // namespace
}  // namespace request_id::test
