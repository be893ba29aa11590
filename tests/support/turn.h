// SPDX-License-Identifier: Apache-2.0
#pragma once

// A barrier through a poller: what the poller would do wrongly in a turn, it
// has done by then. For tests that something does NOT happen.

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <utility>

#include "netpoll/os/eventfd.h"
#include "netpoll/poller/poller.h"
#include "support/net.h"

namespace netpoll::test {

/// An operator that the poller calls once for each knock().
class Knock final : public FdOperator {
 public:
  explicit Knock(UniqueFd event)
      : FdOperator(event.get()), event_(std::move(event)) {}

  void knock() { EXPECT_EQ(::eventfd_write(fd(), 1), 0); }
  bool wait_answered() { return answered_.wait_until(soon()); }

 private:
  void on_readable() override {
    eventfd_t count = 0;
    EXPECT_EQ(::eventfd_read(fd(), &count), 0);
    answered_.pull();
  }
  void on_writable() override {}
  void on_hangup() override {}

  UniqueFd event_;
  Trigger answered_;
};

/// Returns after `poller` has finished a whole turn that found all that was
/// ready, posted or due before this call: its events are dispatched, its timers
/// have fired, its tasks are with the runner (an InlineRunner has run them).
/// What those tasks deferred needs one more turn_over(). Works with any runner.
/// Requires: `poller` runs; at most 100 operators; not its own thread.
inline void turn_over(Poller& poller) {
  const Ref<Knock> op = make_ref<Knock>(*os::open_eventfd());
  ASSERT_FALSE(poller.add(*op));
  // The first answer comes from inside a turn. The second one comes from a
  // later turn, so the first of the two turns is over.
  for (int round = 0; round < 2; ++round) {
    op->knock();
    EXPECT_TRUE(op->wait_answered());
  }
  poller.detach(*op);
}

}  // namespace netpoll::test
