// SPDX-License-Identifier: Apache-2.0
#pragma once

// A barrier through a poller: what the poller would do wrongly in a turn, it
// has done by then. For tests that something does NOT happen.

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <functional>
#include <utility>

#include "netpoll/os/eventfd.h"
#include "netpoll/poller/poller.h"
#include "support/net.h"

namespace netpoll::test {

/// As long as it lives, the poller calls `action` for each ring().
class Bell {
 public:
  Bell(Poller& poller, std::function<void()> action)
      : poller_(poller),
        op_(make_ref<Operator>(*os::open_eventfd(), std::move(action))) {
    EXPECT_FALSE(poller.add(*op_));
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell() { poller_.detach(*op_); }

  void ring() const { EXPECT_EQ(::eventfd_write(op_->fd(), 1), 0); }

 private:
  class Operator final : public FdOperator {
   public:
    Operator(UniqueFd event, std::function<void()> action)
        : FdOperator(event.get()),
          event_(std::move(event)),
          action_(std::move(action)) {}

   private:
    void on_readable() override {
      eventfd_t count = 0;
      EXPECT_EQ(::eventfd_read(fd(), &count), 0);
      action_();
    }
    void on_writable() override {}
    void on_hangup() override {}

    const UniqueFd event_;
    const std::function<void()> action_;
  };

  Poller& poller_;
  const Ref<Operator> op_;
};

/// Returns after `poller` has finished a whole turn that found all that was
/// ready, posted or due before this call: its events are dispatched, its timers
/// have fired, its tasks are with the runner (an InlineRunner has run them).
/// What those tasks deferred needs one more turn_over(). Works with any runner.
/// Requires: `poller` runs; at most 100 operators; not its own thread.
inline void turn_over(Poller& poller) {
  Trigger answered;
  const Bell bell(poller, [&answered] { answered.pull(); });
  // The first answer comes from inside a turn. The second one comes from a
  // later turn, so the first of the two turns is over.
  for (int round = 0; round < 2; ++round) {
    bell.ring();
    EXPECT_TRUE(answered.wait_until(soon()));
  }
}

}  // namespace netpoll::test
