// SPDX-License-Identifier: Apache-2.0
#pragma once

// An Output between a poller's thread and a far end that the test holds. Every
// wait is bounded: a flush() that never returns fails its test, and no other.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <string>

#include "connection/room.h"
#include "netpoll/connection/output.h"
#include "poller/support.h"
#include "support/net.h"
#include "support/tcp.h"
#include "support/turn.h"

namespace netpoll {

using std::chrono::milliseconds;

using test::comes;
using test::much;

// One Output on a poller's thread, and the far end of its socket.
class SendExercise : public PollerTest {
 protected:
  explicit SendExercise(test::Pair (*make_pair)() = test::socket_pair)
      : ends(make_pair()) {
    left = 0;
    left_under_the_mutex = false;
    guard = &mutex;
    it->writable = [this](Op&) {
      const std::uint64_t before = out.sent();
      ConsumedNodes sent = std::move(kept);
      inside_drain = true;
      attended += out.drain(sent).value_or(true) ? 1 : 0;
      inside_drain = false;
      largest_turn = std::max<std::uint64_t>(largest_turn, out.sent() - before);
    };
    EXPECT_FALSE(poller->add(*it));
  }
  ~SendExercise() override {
    ends.far.reset();
    static_cast<void>(life.user_closed());
    out.wake();
    if (flushing.valid()) flushing.wait();
    poller->detach(*it);
  }

  // A flush() on a thread that may sleep.
  void flush() {
    flushing = std::async(std::launch::async, [this] {
      const std::error_code error = out.flush();
      has_returned = true;
      return error;
    });
  }
  bool returns() {
    return comes([this] {
      return flushing.wait_for(milliseconds(0)) == std::future_status::ready;
    });
  }
  // A flush() on the poller's thread, where nobody may sleep.
  std::error_code flush_inline() {
    std::error_code error;
    on_poller([&] {
      error = out.flush();
      sent_at_once = out.sent();
    });
    return error;
  }
  // What the far end can read now, without waiting; 4 MiB at most.
  std::string arrived() const {
    std::string all;
    std::array<char, 65536> room;
    while (all.size() < (4U << 20)) {
      const ssize_t n =
          ::recv(ends.far.get(), room.data(), room.size(), MSG_DONTWAIT);
      if (n <= 0) break;
      all.append(room.data(), static_cast<std::size_t>(n));
    }
    return all;
  }
  // The far end reads while the poller sends. Ends with all of much(), or when
  // the socket has room and two turns of the poller have brought nothing.
  std::string arrives_by_the_poller() {
    std::string all;
    for (int silent = 0; all.size() < much().size() && silent < 2; ++silent) {
      const std::string part = arrived();
      if (!part.empty()) silent = -1;
      all += part;
      test::turn_over(*poller);
    }
    return all + arrived();
  }
  bool fin_has_come() const {
    char byte = 0;
    return ::recv(ends.far.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }
  // `then` runs on the thread that sends, after the first turn of a flush.
  void write_lent(std::function<void()> then) {
    ASSERT_FALSE(out.write_direct(Block::lent(memory, std::move(then))));
  }

  // `then` runs on the poller's thread, between its send and finish_turn(): the
  // nodes that drain() is given are let go there.
  void within_the_next_turn(std::function<void()> then) {
    LinkBuffer other;
    ASSERT_FALSE(other.write_direct(Block::lent(memory, std::move(then))));
    static_cast<void>(other.flush());
    ASSERT_FALSE(other.skip(memory.size()));
    on_poller([&] { kept = other.take_consumed_nodes(); });
  }
  // The last one out. Another thread tries the mutex: the one that calls may
  // hold it.
  static void leave(FdOperator&) {
    left_under_the_mutex = !std::async(std::launch::async, [] {
                              const bool is_free = guard->try_lock();
                              if (is_free) guard->unlock();
                              return is_free;
                            }).get();
    ++left;
  }

  static inline std::atomic<int> left{0};
  static inline std::atomic<bool> left_under_the_mutex{false};
  static inline Mutex* guard = nullptr;  // the mutex of this test
  Lifecycle life{false};
  Activity activity;
  Mutex mutex;
  std::array<std::byte, 16> memory{};
  // Before `out`, which may still let blocks go at its end.
  std::atomic<bool> inside_drain{false};
  std::atomic<bool> let_go_inside{false};  // drain()
  std::atomic<bool> has_returned{false};   // the flush of flush()
  std::atomic<bool> done{false};           // what the test put into a block
  bool nobody_sent = true;                 // what stop() has said
  test::Pair ends;
  Ref<Op> it = make_ref<Op>(ends.near.get());
  Output out{life, *poller, *it, activity, mutex, &leave};
  std::future<std::error_code> flushing;
  std::uint64_t sent_at_once = 0;  // by flush_inline(), before other turns
  ConsumedNodes kept;              // given to the next drain()
  std::atomic<int> attended{0};    // how often drain() said true
  std::atomic<std::uint64_t> largest_turn{0};
};

// A socket over TCP takes more than 1 MiB before the far end reads.
class SendOverTcpExercise : public SendExercise {
 protected:
  SendOverTcpExercise() : SendExercise(test::tcp_pair) {}
};

}  // namespace netpoll
