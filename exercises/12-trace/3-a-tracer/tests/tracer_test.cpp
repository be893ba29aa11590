// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for. Mostly the test calls the handlers itself, on
// threads of its own, so that each run is the same; one test serves for real.
#include "tracer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "connection/support.h"
#include "netpoll/base/trigger.h"

namespace netpoll {
namespace {

using Lines = std::vector<std::string>;

void echo(Connection& conn) {
  const auto request = conn.reader().next(conn.reader().size());
  if (!request) return conn.close();
  conn.writer().write_binary(*request);
  conn.reader().release();
  if (conn.writer().flush()) conn.close();
}

void nothing(Connection&) {}

// Only a broken tracer lets this pass.
Deadline a_while() {
  return Deadline::clock::now() + std::chrono::seconds(2);
}

TEST(TracerExercise, TellsTheWholeLifeOfAConnection) {
  Tracer tracer;
  test::Served served(tracer.trace({.on_prepare = nothing,
                                    .on_connect = nothing,
                                    .on_request = echo,
                                    .on_disconnect = nothing}),
                      test::kInline);
  EXPECT_FALSE(served.start());
  EXPECT_TRUE(served.send("hello"));
  EXPECT_EQ(served.receive(5), "hello") << "the handler inside was not called";
  served.half_close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(tracer.lines(),
            (Lines{"A > on_prepare 1", "A < on_prepare 1", "B > on_connect 1",
                   "B < on_connect 1", "B > on_request 1", "B < on_request 1",
                   "B > on_disconnect 1", "B < on_disconnect 1"}))
      << "A is the thread that starts the connection, B its poller";
}

TEST(TracerExercise, AHandlerThatIsNotSetStaysSo) {
  Tracer tracer;
  const Handlers traced = tracer.trace({.on_request = nothing});
  EXPECT_TRUE(traced.on_request);
  EXPECT_FALSE(traced.on_prepare);
  EXPECT_FALSE(traced.on_connect)
      << "now the library waits for an on_connect that nobody has set";
  EXPECT_FALSE(traced.on_disconnect);
}

TEST(TracerExercise, TheFirstLineStandsBeforeTheHandlerActs) {
  Tracer tracer;
  Trigger inside;
  Trigger looked;
  std::atomic<bool> left = false;
  const Handlers traced = tracer.trace({.on_request = [&](Connection&) {
    inside.pull();
    static_cast<void>(looked.wait_until(a_while()));
    left = true;
  }});
  test::Served served({});
  std::jthread thread([&] { traced.on_request(served.conn()); });
  EXPECT_TRUE(inside.wait_until(test::soon()));
  EXPECT_EQ(tracer.lines(), Lines{"A > on_request 1"})
      << "what lines() says while the handler is at work";
  EXPECT_FALSE(left) << "lines() returned only when the handler was done";
  looked.pull();
}

TEST(TracerExercise, AnExceptionIsWrittenDownAndGoesOn) {
  Tracer tracer;
  const Handlers traced = tracer.trace(
      {.on_request = [](Connection&) { throw std::runtime_error("no"); }});
  test::Served served({});
  bool caught = false;
  try {
    traced.on_request(served.conn());
  } catch (const std::runtime_error&) {
    caught = true;
  }
  EXPECT_TRUE(caught) << "the library never hears of it, and does not close";
  EXPECT_EQ(tracer.lines(), (Lines{"A > on_request 1", "A ! on_request 1"}));
}

TEST(TracerExercise, AThreadKeepsItsLetter) {
  Tracer tracer;
  const Handlers traced = tracer.trace({.on_request = nothing});
  test::Served served({});
  std::latch all_done(1);  // an ended thread's id may come again
  std::latch second_called(1);
  std::latch third_called(1);
  const auto call_on_another_thread = [&](std::latch& called) {
    std::jthread thread([&] {
      traced.on_request(served.conn());
      called.count_down();
      all_done.wait();
    });
    called.wait();
    return thread;
  };
  traced.on_request(served.conn());
  const std::jthread second = call_on_another_thread(second_called);
  traced.on_request(served.conn());
  const std::jthread third = call_on_another_thread(third_called);
  all_done.count_down();
  std::string letters;
  for (const std::string& line : tracer.lines())
    letters += line.at(0);
  EXPECT_EQ(letters, "AABBAACC")
      << "four calls, two lines each: this thread, a second one, this one "
         "again, a third one";
}

TEST(TracerExercise, AConnectionKeepsItsNumber) {
  Tracer tracer;
  const Handlers traced = tracer.trace({.on_request = nothing});
  test::Served one({});
  test::Served two({});
  traced.on_request(one.conn());
  traced.on_request(two.conn());
  traced.on_request(one.conn());
  EXPECT_EQ(tracer.lines(), (Lines{"A > on_request 1", "A < on_request 1",
                                   "A > on_request 2", "A < on_request 2",
                                   "A > on_request 1", "A < on_request 1"}));
}

TEST(TracerExercise, ANewConnectionGetsANewNumber) {
  Tracer tracer;
  const Handlers traced = tracer.trace({.on_request = nothing});
  Lines numbers;
  std::optional<test::Served> served;
  for (int i = 0; i < 3; ++i) {
    served.emplace(Handlers{});  // the one before it has gone
    EXPECT_FALSE(served->start());
    traced.on_request(served->conn());
    const Lines lines = tracer.lines();
    numbers.push_back(lines.empty() ? "" : lines.back());
  }
  EXPECT_EQ(numbers,
            (Lines{"A < on_request 1", "A < on_request 2", "A < on_request 3"}))
      << "three connections, one after the other; each got the descriptor of "
         "the one before it, and perhaps its address";
}

TEST(TracerExercise, NoLineOfFourThreadsIsLost) {
  constexpr std::size_t kCalls = 250;
  Tracer tracer;
  const Handlers traced = tracer.trace({.on_request = nothing});
  test::Served served({});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (std::size_t call = 0; call < kCalls; ++call)
          traced.on_request(served.conn());
      });
  }
  EXPECT_EQ(tracer.lines().size(), 4 * 2 * kCalls);
}

}  // namespace
}  // namespace netpoll
