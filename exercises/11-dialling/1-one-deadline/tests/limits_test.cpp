// SPDX-License-Identifier: Apache-2.0
// How long dial() may take, and how the time is shared out.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>

#include "client/support.h"
#include "netpoll/client/dialer.h"
#include "netpoll/os/address.h"
#include "support.h"
#include "support/sanitized.h"

namespace netpoll::one_deadline {
namespace {

using Clock = Deadline::clock;

// How often a test may try again on a busy machine. Under a sanitizer only what
// is right runs, so one try succeeds sooner or later.
constexpr int kTries = test::kSanitized ? 40 : 4;

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
  for (int i = 0; !right && i < kTries; ++i) {
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
  for (int i = 0; !connected && i < kTries; ++i)
    connected = dial(*runtime, "tcp", kName, options).has_value();
  EXPECT_TRUE(connected)
      << "the first address never answers, the second does, the delay between "
         "them is 0; and the second was not tried in 200 ms";
}

}  // namespace
}  // namespace netpoll::one_deadline
