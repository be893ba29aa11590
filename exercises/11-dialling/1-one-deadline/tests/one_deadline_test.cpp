// SPDX-License-Identifier: Apache-2.0
//
// No name server is asked: each test brings a lookup of its own.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "client/support.h"
#include "netpoll/client/dialer.h"
#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::tcp;
using Clock = Deadline::clock;

// A name that no name server knows: it is no name.
constexpr std::string_view kName = "a..b:80";

// A lookup that answers when it is told to, or after a second.
struct Slow {
  std::mutex mutex;
  std::condition_variable changed;
  bool called = false;
  bool released = false;
  bool over = false;

  void wait_for_release() {
    std::unique_lock lock(mutex);
    called = true;
    changed.wait_for(lock, std::chrono::seconds(1), [&] { return released; });
    over = true;
    changed.notify_all();
  }
  bool is_over() {
    const std::lock_guard lock(mutex);
    return over;
  }
  void release_and_wait() {
    std::unique_lock lock(mutex);
    released = true;
    changed.notify_all();
    changed.wait(lock, [&] { return over || !called; });
  }
};

class OneDeadline : public testing::Test {
 protected:
  OneDeadline() {
    options.timeout = milliseconds(2000);
    options.lookup = test::answering({there});
  }
  // An address that never answers: the queue of its listener is full.
  Address silent() {
    full = *os::listen_on(tcp("127.0.0.2:0"), {.backlog = 1});
    const Address address = *Address::local_of(full.get());
    for (auto fd = os::connect_to(address, milliseconds(100)); fd;
         fd = os::connect_to(address, milliseconds(100))) {
      waiting.push_back(*std::move(fd));
    }
    return address;
  }
  std::error_code error_of_dial() {
    return error_of(dial(*runtime, "tcp", kName, options));
  }

  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  const UniqueFd server = *os::listen_on(tcp("127.0.0.1:0"));
  const Address there = *Address::local_of(server.get());
  UniqueFd full;
  std::vector<UniqueFd> waiting;
  DialOptions options;
};

TEST_F(OneDeadline, TheNameIsAskedOfTheCallersLookup) {
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << "the lookup of the options knows the name; dial() says: "
                    << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr(), there);
}

TEST_F(OneDeadline, AZeroIsNoLimit) {
  options.timeout = milliseconds(0);
  options.lookup = [to = there](std::string_view, const HostPort&) {
    std::this_thread::sleep_for(milliseconds(10));
    return Result<os::Addresses>(os::Addresses{to});
  };
  const auto conn = dial(*runtime, "tcp", kName, options);
  EXPECT_TRUE(conn) << "a timeout of 0 means no limit; dial() says: "
                    << conn.error().message();
}

TEST_F(OneDeadline, ALookupThatIsLateIsNotWaitedFor) {
  const auto slow = std::make_shared<Slow>();
  options.timeout = milliseconds(20);
  options.lookup = [slow, to = there](std::string_view, const HostPort&) {
    slow->wait_for_release();
    return Result<os::Addresses>(os::Addresses{to});
  };
  const std::error_code error = error_of_dial();
  EXPECT_FALSE(slow->is_over())
      << "the limit was 20 ms, the lookup took a second, and dial() waited for "
         "it";
  EXPECT_EQ(error, Errc::dial_timeout);
  slow->release_and_wait();
}

// An attempt counts only if the lookup was as fast as it was meant to be. One
// that shows the right length is enough: a busy machine makes it only longer.
TEST_F(OneDeadline, WhatTheLookupTakesIsMissingAfterwards) {
  constexpr milliseconds kLimit(200);
  constexpr milliseconds kTaken(120);
  const Address nobody_answers = silent();
  bool right = false;
  for (int i = 0; !right && i < 4; ++i) {
    const auto answered = std::make_shared<std::atomic<Deadline>>();
    options.timeout = kLimit;
    options.lookup = [=](std::string_view, const HostPort&) {
      std::this_thread::sleep_for(kTaken);
      *answered = Clock::now();
      return Result<os::Addresses>(os::Addresses{nobody_answers});
    };
    const Deadline begun = Clock::now();
    EXPECT_EQ(error_of_dial(), Errc::dial_timeout);
    const auto afterwards = Clock::now() - answered->load();
    const bool in_time = answered->load() - begun < kLimit;
    right = in_time && afterwards < milliseconds(140);
  }
  EXPECT_TRUE(right) << "the limit was 200 ms and the lookup took 120 of them; "
                        "the address that never answers was given another 200";
}

TEST_F(OneDeadline, TheNextAddressIsTriedAfterTheCallersDelay) {
  const Address nobody_answers = silent();
  options.timeout = milliseconds(200);  // shorter than the usual delay
  options.attempt_delay = milliseconds(0);
  options.lookup = test::answering({nobody_answers, there});
  bool connected = false;
  for (int i = 0; !connected && i < 4; ++i)
    connected = dial(*runtime, "tcp", kName, options).has_value();
  EXPECT_TRUE(connected)
      << "the first address never answers, the second does, the delay between "
         "them is 0; and the second was not tried in 200 ms";
}

TEST_F(OneDeadline, TheNearEndIsTheOneThatTheCallerChose) {
  options.local = "127.0.0.7:0";
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->local_addr().to_string().substr(0, 10), "127.0.0.7:");
}

TEST_F(OneDeadline, ABadNearEndIsToldBeforeAnybodyIsAsked) {
  const auto asked = std::make_shared<std::atomic<int>>(0);
  options.local = "nonsense";
  options.lookup = [asked, to = there](std::string_view, const HostPort&) {
    ++*asked;
    return Result<os::Addresses>(os::Addresses{to});
  };
  EXPECT_EQ(error_of_dial(), Errc::missing_port);
  EXPECT_EQ(*asked, 0) << "the near end is no address; a name server was asked "
                          "for nothing";
}

TEST_F(OneDeadline, NoAddressOfTheNearEndsFamilyIsAnInvalidArgument) {
  options.local = "127.0.0.1:0";
  options.lookup = test::answering({tcp("[::1]:80")});
  EXPECT_EQ(error_of_dial(), Errc::invalid_argument)
      << "the near end is IPv4, the name has only IPv6";
}

TEST_F(OneDeadline, WhatTheLookupSaysIsToldUnchanged) {
  options.lookup = [](std::string_view, const HostPort&) {
    return Result<os::Addresses>(
        fail(make_error_code(std::errc::permission_denied)));
  };
  EXPECT_EQ(error_of_dial(), std::errc::permission_denied);
}

TEST_F(OneDeadline, TheConnectionKnowsWhomItReallyTalksTo) {
  options.lookup =
      test::answering({tcp("0.0.0.0:" + std::to_string(there.port()))});
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), there.to_string())
      << "0.0.0.0 was dialled, and the kernel has chosen an address";
}

TEST_F(OneDeadline, TheConnectionHasTheCallersHandlers) {
  options.handlers.on_prepare = [](Connection& conn) { conn.close(); };
  EXPECT_EQ(error_of_dial(), Errc::conn_closed)
      << "on_prepare closes the connection, and was not called";
}

}  // namespace
}  // namespace netpoll
