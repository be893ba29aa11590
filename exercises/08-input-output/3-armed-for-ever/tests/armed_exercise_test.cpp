// SPDX-License-Identifier: Apache-2.0
// One test for each way in which a flush that met a full socket can end. Every
// wait is bounded: a flush() that never returns fails its test, and no other.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <future>
#include <string>

#include "connection/room.h"
#include "netpoll/connection/output.h"
#include "poller/support.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;

using test::comes;
using test::much;

// One Output on a poller's thread, and the far end of its socket.
class ArmedExercise : public PollerTest {
 protected:
  ArmedExercise() {
    op->writable = [this](Op&) {
      ++events;
      ConsumedNodes sent;
      static_cast<void>(out.drain(sent));
      // Looked at here, before the poller has another event.
      if (out.is_empty() && test::waits_for_room(op->fd()))
        armed_when_empty = true;
    };
    EXPECT_FALSE(poller->add(*op));
  }
  ~ArmedExercise() override {
    pair.far.reset();
    static_cast<void>(life.user_closed());
    out.wake();
    if (flushing.valid()) flushing.wait();
    poller->detach(*op);
  }

  // A flush() on a thread that may sleep.
  void flush() {
    flushing = std::async(std::launch::async, [this] {
      const std::error_code error = out.flush();
      armed_at_return = test::waits_for_room(op->fd());
      return error;
    });
  }
  bool returns() {
    return comes([this] {
      return flushing.wait_for(milliseconds(0)) == std::future_status::ready;
    });
  }
  // A flush() that sleeps, since the socket is full.
  bool sleeps() {
    out.write_string(much());
    flush();
    return comes([this] { return test::waits_for_room(op->fd()); });
  }
  // The same on the poller's thread: it returns, and nobody waits.
  void leaves_a_rest() {
    out.write_string(much());
    on_poller([this] { EXPECT_FALSE(out.flush()); });
  }
  // What the far end can read now, without waiting.
  std::string arrived() const {
    std::string all;
    std::array<char, 65536> room;
    while (all.size() < (4U << 20)) {
      const ssize_t n =
          ::recv(pair.far.get(), room.data(), room.size(), MSG_DONTWAIT);
      if (n <= 0) break;
      all.append(room.data(), static_cast<std::size_t>(n));
    }
    return all;
  }
  // The far end reads while the poller sends, until `wanted` bytes have come or
  // two turns of the poller have brought nothing.
  std::string arrives(std::size_t wanted) {
    std::string all;
    for (int silent = 0; all.size() < wanted && silent < 2; ++silent) {
      const std::string part = arrived();
      if (!part.empty()) silent = -1;
      all += part;
      test::turn_over(*poller);
    }
    return all + arrived();
  }
  // The socket has room, and nothing is to be sent: how often is it reported?
  bool is_quiet() {
    test::turn_over(*poller);  // an event that had come before
    const int before = events;
    for (int i = 0; i < 3; ++i)
      test::turn_over(*poller);
    return events == before;
  }

  Lifecycle life{false};
  Activity activity;
  Mutex mutex;
  Output out{life, *poller, *op, activity, mutex, [](FdOperator&) {}};
  std::future<std::error_code> flushing;
  std::atomic<int> events{0};  // how often the socket was reported writable
  std::atomic<bool> armed_when_empty{false};
  std::atomic<bool> armed_at_return{false};
};

constexpr auto kStorm =
    "the socket has room, nothing is to be sent, and the poller is called for "
    "it in every turn";

TEST_F(ArmedExercise, ASmallAnswerNeverAsks) {
  out.write_string("hello");
  flush();
  ASSERT_TRUE(returns());
  EXPECT_FALSE(flushing.get());
  EXPECT_FALSE(armed_at_return);
  EXPECT_TRUE(is_quiet()) << kStorm;
}

TEST_F(ArmedExercise, AfterAllIsSentForAFlush) {
  ASSERT_TRUE(sleeps()) << "the socket is full, and nobody asked the epoll";
  arrives(much().size());
  ASSERT_TRUE(returns()) << "all is sent, and flush() sleeps on";
  EXPECT_FALSE(flushing.get());
  EXPECT_FALSE(armed_when_empty)
      << "the poller sent the last byte, and EPOLLOUT was still on";
  EXPECT_TRUE(is_quiet()) << kStorm;
}

TEST_F(ArmedExercise, AfterAllIsSentAndNobodyWaited) {
  leaves_a_rest();
  ASSERT_TRUE(test::waits_for_room(op->fd()))
      << "the socket is full, and nobody asked";
  arrives(much().size());
  EXPECT_TRUE(out.is_empty());
  EXPECT_FALSE(armed_when_empty)
      << "the poller sent the last byte, and EPOLLOUT was still on";
  EXPECT_TRUE(is_quiet()) << kStorm;
}

TEST_F(ArmedExercise, AfterAWriteTimeout) {
  out.limit().set_timeout(milliseconds(1));
  out.write_string(much());
  flush();
  ASSERT_TRUE(returns());
  EXPECT_EQ(flushing.get(), Errc::write_timeout);
  EXPECT_FALSE(armed_at_return)
      << "the flush has given up, nobody waits, and EPOLLOUT was still on";
  arrived();
  EXPECT_TRUE(is_quiet()) << kStorm;
}

TEST_F(ArmedExercise, AfterAWriteTimeoutNobodySends) {
  out.limit().set_timeout(milliseconds(1));
  out.write_string(much());
  flush();
  ASSERT_TRUE(returns());
  EXPECT_EQ(flushing.get(), Errc::write_timeout);
  EXPECT_FALSE(out.is_unattended()) << "the poller was left with the rest";
  arrived();
  test::turn_over(*poller);
  EXPECT_TRUE(arrived().empty())
      << "the flush has given up; who is sending the rest?";
}

TEST_F(ArmedExercise, AfterAWriteTimeoutTheNextFlushSendsTheRest) {
  out.limit().set_timeout(milliseconds(1));
  out.write_string(much());
  flush();
  ASSERT_TRUE(returns());
  EXPECT_EQ(flushing.get(), Errc::write_timeout);
  out.limit().set_timeout(milliseconds(0));
  out.write_string("the end");
  flush();
  std::string got;
  EXPECT_TRUE(comes([&] {
    got += arrived();
    return got.size() >= much().size() + 7;
  })) << "a part of the bytes did not come";
  EXPECT_TRUE(got == much() + "the end") << "the bytes are not those that were "
                                            "written";
  ASSERT_TRUE(returns());
  EXPECT_FALSE(flushing.get());
}

TEST_F(ArmedExercise, AfterACloseThatEndsAFlush) {
  ASSERT_TRUE(sleeps()) << "the socket is full, and nobody asked the epoll";
  static_cast<void>(life.user_closed());
  out.wake();
  ASSERT_TRUE(returns());
  EXPECT_EQ(flushing.get(), Errc::conn_closed);
  EXPECT_FALSE(armed_at_return)
      << "the connection is closed, the flush has left, and EPOLLOUT was still "
         "on";
}

TEST_F(ArmedExercise, AfterThePeerHasGone) {
  ASSERT_TRUE(sleeps()) << "the socket is full, and nobody asked the epoll";
  pair.far.reset();
  ASSERT_TRUE(returns());
  EXPECT_EQ(flushing.get(), std::errc::broken_pipe);
  EXPECT_FALSE(armed_at_return)
      << "there is nobody to send to, and EPOLLOUT was still on";
}

TEST_F(ArmedExercise, AsLongAsARestIsThereItIsAsked) {
  leaves_a_rest();
  for (int turn = 0; turn < 2; ++turn) {
    arrived();
    test::turn_over(*poller);
    EXPECT_TRUE(out.is_empty() || test::waits_for_room(op->fd()))
        << "a rest is there, and no event will come for it";
  }
  arrives(much().size());
  EXPECT_TRUE(out.is_empty()) << "the poller has stopped in the middle";
}

}  // namespace
}  // namespace netpoll
