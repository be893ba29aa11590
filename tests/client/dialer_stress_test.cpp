// SPDX-License-Identifier: Apache-2.0
//
// Many dials against real servers. The broken variant of a test is described
// above it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/support.h"
#include "netpoll/client/dialer.h"
#include "server/support.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using test::Serving;

void in_parallel(int threads, const std::function<void(int)>& body) {
  std::vector<std::jthread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back(body, i);
}

// With room for two to wait and one slow acceptor, most dials are late. Broken
// variant: connect_to() leaves its descriptor open when it is late.
// Upstream: TestConnectionDailTimeoutAndClose.
TEST(DialStress, ShortDeadlinesEndInAConnectionOrATimeout) {
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 2});
  UniqueFd listener = *os::listen_on(test::tcp("127.0.0.1:0"), {.backlog = 1});
  const std::string address = Address::local_of(listener.get())->to_string();
  std::atomic<bool> over{false};
  std::jthread acceptor([&] {
    while (!over) {
      static_cast<void>(os::accept4(listener.get()));
      std::this_thread::yield();
    }
  });
  std::atomic<int> connected{0};
  std::atomic<int> late{0};
  in_parallel(10, [&](int) {
    for (int i = 0; i < 1000; ++i) {
      const auto conn = dial(*runtime, "tcp", address, milliseconds(1));
      EXPECT_TRUE(conn || conn.error() == Errc::dial_timeout)
          << conn.error().message();
      ++(conn ? connected : late);
    }
  });
  over = true;
  EXPECT_EQ(connected + late, 10'000);
  RecordProperty("late", late);
}

// Two servers that answer with their own number and what they were told. A
// descriptor that is closed twice hits a connection of another thread, which
// then hears the wrong server, or nothing. Broken variant: UniqueFd::reset()
// closes its number twice.
// Upstream: TestDialerThenClose.
TEST(DialStress, ShortConnectionsNeverHearAnothersAnswer) {
  const auto answer_as = [](const std::string& server) {
    return Handlers{.on_request = [server](Connection& conn) {
      const auto line = conn.reader().until(std::byte{'\n'});
      if (!line) return;
      const std::string text(test::text_of(*line));
      conn.writer().write_string(server + text);
      static_cast<void>(conn.writer().flush());
      conn.close();
    }};
  };
  const auto runtime = *Runtime::start({.pollers = 2});
  Serving first(answer_as("first "));
  Serving second(answer_as("second "));
  std::atomic<int> right{0};
  in_parallel(20, [&](int thread) {
    for (int i = 0; i < 100; ++i) {
      const bool even = i % 2 == 0;
      const auto conn =
          dial(*runtime, "tcp", (even ? first : second).address().to_string());
      if (!conn) continue;
      const std::string mine =
          std::to_string(thread) + "-" + std::to_string(i) + "\n";
      (*conn)->set_read_timeout(test::kPatience);
      (*conn)->writer().write_string(mine);
      if ((*conn)->writer().flush()) continue;
      const auto answer = (*conn)->reader().until(std::byte{'\n'});
      if (!answer) continue;
      right += test::text_of(*answer) == (even ? "first " : "second ") + mine;
    }
  });
  EXPECT_EQ(right, 2000);
}

// A port that nobody listens on, and that the kernel may give to who connects:
// bind() and connect() pick from different halves of the range.
std::string unused_near_port() {
  const UniqueFd listener = *os::listen_on(test::tcp("127.0.0.1:0"));
  const Address there = *Address::local_of(listener.get());
  const UniqueFd fd = *os::connect_to(there, test::soon());
  return Address::local_of(fd.get())->to_string();
}

// The kernel picks a near port for each attempt, and one in some fifteen
// thousand times it is the very port that is dialled. Broken variant:
// connect_one() hands out what it gets.
TEST(DialStress, AFreePortOfThePickedRangeRefusesAlways) {
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 1});
  const std::string address = unused_near_port();
  std::atomic<int> refused{0};
  in_parallel(2, [&](int) {
    for (int i = 0; i < 30'000; ++i) {
      const auto conn = dial(*runtime, "tcp", address);
      refused += !conn && conn.error() == std::errc::connection_refused;
    }
  });
  EXPECT_EQ(refused, 60'000);
}

}  // namespace
}  // namespace netpoll
