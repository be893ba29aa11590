// SPDX-License-Identifier: Apache-2.0
//
// No name server is asked: each test brings a lookup of its own.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

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

// What an error says, as codes are only numbers.
std::string words(std::error_code error) {
  return error ? error.message() : "no error";
}

// Wakes a dial() that knows no limit: two seconds after it was made, it stops
// `listener`, so that whoever waits for an answer is refused at last.
class Rescue {
 public:
  explicit Rescue(int listener)
      : thread_([this, listener] { wait_and_stop(listener); }) {}
  ~Rescue() {
    if (thread_.joinable()) needed();
  }
  // To be called once, when dial() has returned.
  bool needed() {
    {
      const std::lock_guard lock(mutex_);
      returned_ = true;
    }
    changed_.notify_all();
    thread_.join();
    return stopped_;
  }

 private:
  void wait_and_stop(int listener) {
    std::unique_lock lock(mutex_);
    stopped_ = !changed_.wait_for(lock, std::chrono::seconds(2),
                                  [this] { return returned_; });
    if (stopped_) ::shutdown(listener, SHUT_RDWR);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool returned_ = false;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses all the others
};

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
  EXPECT_EQ((*conn)->remote_addr().to_string(), there.to_string());
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
  EXPECT_EQ(words(error), words(Errc::dial_timeout));
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
    Rescue rescue(full.get());
    const std::error_code error = error_of_dial();
    ASSERT_FALSE(rescue.needed())
        << "the limit was 200 ms; after 2 seconds dial() still waited for an "
           "address that never answers";
    EXPECT_EQ(words(error), words(Errc::dial_timeout));
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
  EXPECT_EQ((*conn)->local_addr().to_string().substr(0, 10), "127.0.0.7:")
      << "the caller has chosen 127.0.0.7 as the near end";
}

TEST_F(OneDeadline, TheNearEndIsReadForTheSameNetwork) {
  const std::string name =
      "@netpoll-one-deadline-" + std::to_string(::getpid());
  const UniqueFd listener = *os::listen_on(*Address::parse("unix", name));
  options.local = name + "-near";
  const auto conn = dial(*runtime, "unix", name, options);
  ASSERT_TRUE(conn) << "the network is unix, and the near end is a unix socket "
                       "too; dial() says: "
                    << conn.error().message();
  EXPECT_EQ((*conn)->local_addr().to_string(), options.local);
}

TEST_F(OneDeadline, ABadNearEndIsToldBeforeAnybodyIsAsked) {
  const auto asked = std::make_shared<std::atomic<int>>(0);
  options.lookup = [asked, to = there](std::string_view, const HostPort&) {
    ++*asked;
    return Result<os::Addresses>(os::Addresses{to});
  };
  options.local = "nonsense";
  EXPECT_EQ(words(error_of_dial()), words(Errc::missing_port))
      << "the near end is the text nonsense";
  options.local = "a..b:0";
  EXPECT_EQ(words(error_of_dial()), words(Errc::bad_host))
      << "the near end is the text a..b:0, a name and no address";
  EXPECT_EQ(*asked, 0) << "the near end is no address; a name server was asked "
                          "for nothing";
}

TEST_F(OneDeadline, NoAddressOfTheNearEndsFamilyIsAnInvalidArgument) {
  options.local = "127.0.0.1:0";
  options.lookup = test::answering({tcp("[::1]:80")});
  EXPECT_EQ(words(error_of_dial()), words(Errc::invalid_argument))
      << "the near end is IPv4, the name has only IPv6";
}

TEST_F(OneDeadline, WhatTheLookupSaysIsToldUnchanged) {
  options.lookup = [](std::string_view, const HostPort&) {
    return Result<os::Addresses>(
        fail(make_error_code(std::errc::permission_denied)));
  };
  EXPECT_EQ(words(error_of_dial()),
            words(make_error_code(std::errc::permission_denied)))
      << "the lookup has failed with this error";
}

TEST_F(OneDeadline, WhatTheAddressesSayIsToldUnchanged) {
  options.lookup = test::answering({test::unused_address()});
  EXPECT_EQ(words(error_of_dial()),
            words(make_error_code(std::errc::connection_refused)))
      << "nobody listens at the only address, and there was time left";
}

// A unix socket stands for IPv6, which not every machine has.
TEST_F(OneDeadline, TheFamiliesTakeTurns) {
  const std::string name = "@netpoll-take-turns-" + std::to_string(::getpid());
  const UniqueFd other = *os::listen_on(*Address::parse("unix", name));
  options.lookup = test::answering(
      {test::unused_address(), there, *Address::local_of(other.get())});
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << "the first of three addresses refuses, the others "
                       "listen; dial() says: "
                    << conn.error().message();
  EXPECT_TRUE((*conn)->remote_addr().is_unix())
      << "the lookup's answer: two addresses of one family, and then one of "
         "another. The first refused, and the second of its family was tried "
         "before the other family had its turn";
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
  EXPECT_EQ(words(error_of_dial()), words(Errc::conn_closed))
      << "on_prepare closes the connection, and was not called";
}

TEST_F(OneDeadline, TheConnectionHasTheCallersOptions) {
  options.options.keepalive = std::chrono::seconds(7);
  const auto conn = dial(*runtime, "tcp", kName, options);
  ASSERT_TRUE(conn) << conn.error().message();
  int on = 0;
  socklen_t size = sizeof on;
  ::getsockopt((*conn)->fd(), SOL_SOCKET, SO_KEEPALIVE, &on, &size);
  EXPECT_EQ(on, 1) << "options.options asks for keepalive; the socket has none";
}

}  // namespace
}  // namespace netpoll
