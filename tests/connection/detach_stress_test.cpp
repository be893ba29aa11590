// SPDX-License-Identifier: Apache-2.0
//
// Handlers that are replaced, and descriptors that are given away, while others
// are at it. The broken variant of a test is described above it.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "connection/stress_support.h"
#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "poller/support.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::at_once;
using test::eventually;
using test::Partner;
using test::Rounds;
using test::Served;
using test::spin;
using test::swallow;

// Broken variant: Lifecycle::handler_replaced() does not set the news. The task
// has just looked, and ends without the new handler.
TEST(SetOnRequestStress, HandlerSetWhileTheTaskEndsGetsTheInput) {
  std::atomic<int> old_calls{0};
  std::atomic<int> new_calls{0};
  Rounds rounds({.on_request = [&](Connection&) { ++old_calls; }});
  for (int i = 1; i <= 5'000; ++i) {
    bool called = false;
    old_calls = new_calls = 0;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd& far) {
      test::send_all(far.get(), "x");
      while (old_calls == 0)
        std::this_thread::yield();
      spin(i * 17 % 1000);
      conn.set_on_request([&](Connection& it) {
        swallow(it);
        ++new_calls;
      });
      called = eventually([&] { return new_calls == 1; });
    }));
    ASSERT_TRUE(called);
  }
}

// Broken variant: Lifecycle::input_came(), or handler_replaced(), does not set
// the news. The first has not been seen failing here.
TEST(SetOnRequestStress, HandlerSetWhileInputArrivesGetsIt) {
  std::atomic<int> calls{0};
  Rounds rounds({});
  for (int i = 1; i <= 5'000; ++i) {
    bool called = false;
    calls = 0;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd& far) {
      test::send_all(far.get(), "x");
      spin(i * 17 % 10'000);
      conn.set_on_request([&](Connection& it) {
        swallow(it);
        ++calls;
      });
      called = eventually([&] { return calls == 1; });
    }));
    ASSERT_TRUE(called);
  }
}

// Broken variant: Connection::detach() takes the socket after it has closed. A
// handler that returns in between closes the descriptor.
TEST(DetachStress, HandlerThatReturnsDoesNotCloseTheDescriptor) {
  std::atomic<bool> inside{false};
  Rounds rounds({.on_request = [&](Connection& conn) {
    swallow(conn);
    inside = true;
    while (conn.is_active()) {
    }
  }});
  for (int i = 0; i < 2'000; ++i) {
    bool open = false;
    inside = false;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd& far) {
      test::send_all(far.get(), "x");
      while (!inside)
        std::this_thread::yield();
      const Result<UniqueFd> fd = conn.detach();
      open = fd && ::fcntl(fd->get(), F_GETFD) >= 0;
    }));
    ASSERT_TRUE(open);
  }
}

// Broken variant: Connection::detach() does not wait for a flush
// (stop_flushing()). The flush goes on with a descriptor that the caller has
// closed, and that may be somebody else's by now.
TEST(DetachStress, NoFlushGoesOnAfterwards) {
  std::atomic<bool> inside{false};
  std::atomic<bool> over{false};
  Rounds rounds({.on_request = [&](Connection& conn) {
    swallow(conn);
    inside = true;  // holds the key, so that nobody tears down meanwhile
    while (!over)
      std::this_thread::yield();
  }});
  for (int i = 0; i < 3'000; ++i) {
    std::error_code error;
    bool had = false;
    inside = over = false;
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd& far) {
      test::send_all(far.get(), "x");
      while (!inside)
        std::this_thread::yield();
      at_once(
          i * 17 % 20'000,
          [&] {
            Result<UniqueFd> fd = conn.detach();
            had = fd.has_value();
            if (fd) fd->reset();
          },
          [&] {
            while (!error)
              error = conn.writer().write(test::bytes_of("x"));
          });
      over = true;
    }));
    EXPECT_TRUE(had);
    ASSERT_EQ(error, Errc::conn_closed);
  }
}

// Broken variant: Connection::take_socket() gives the number away and keeps the
// descriptor (dup-less get() in place of the move); two owners close it.
TEST(DetachStress, DetachCloseAndHangUpAgreeWhoseTheDescriptorIs) {
  Rounds rounds({.on_request = swallow});
  int had = 0;
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_TRUE(rounds.round([&](Connection& conn, UniqueFd& far) {
      at_once(
          i * 17 % 2'000,
          [&] {
            far.reset();
            conn.close();
          },
          [&] {
            const Result<UniqueFd> fd = conn.detach();
            if (!fd) return;
            ++had;
            EXPECT_GE(::fcntl(fd->get(), F_GETFD), 0);
          });
    }));
  }
  EXPECT_GT(had, 0);
}

}  // namespace
}  // namespace netpoll
