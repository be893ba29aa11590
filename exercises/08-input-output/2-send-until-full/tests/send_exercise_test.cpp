// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong. Every wait
// is bounded: a flush() that never returns fails its test, and no other.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "netpoll/connection/output.h"
#include "poller/support.h"
#include "support/net.h"
#include "support/tcp.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;

// Much more than a unix socket takes; no piece of it looks like another.
const std::string& much() {
  static const std::string text = [] {
    std::string all;
    while (all.size() < (1U << 20))
      all += std::to_string(all.size()) + ' ';
    return all;
  }();
  return text;
}

// As test::eventually(), but not for long; once it was in vain, shorter still.
milliseconds patience(2500);

template <class Condition>
bool comes(Condition condition) {
  for (const Deadline end = deadline_after(patience); !condition();) {
    if (Deadline::clock::now() > end) {
      patience = milliseconds(100);
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

// Some epoll of this process is asked to report that `fd` can be written to.
bool is_armed(int fd) {
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    for (std::string word; info >> word;) {
      if (word != "tfd:" || !(info >> word) || std::stoi(word) != fd) continue;
      info >> word >> word;  // "events:", and the number, in base 16
      return (std::stoul(word, nullptr, 16) & 4) != 0;
    }
  }
  return false;
}

// One Output on a poller's thread, and the far end of its socket.
class SendExercise : public PollerTest {
 protected:
  explicit SendExercise(test::Pair (*make_pair)() = test::socket_pair)
      : ends(make_pair()) {
    left = 0;
    it->writable = [this](Op&) {
      const std::uint64_t before = out.sent();
      ConsumedNodes sent = std::move(kept);
      attended += out.drain(sent) ? 1 : 0;
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
    flushing = std::async(std::launch::async, [this] { return out.flush(); });
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

  static inline std::atomic<int> left{0};
  Lifecycle life{false};
  Activity activity;
  Mutex mutex;
  std::array<std::byte, 16> memory{};
  test::Pair ends;
  Ref<Op> it = make_ref<Op>(ends.near.get());
  Output out{life, *poller, *it, activity, mutex, [](FdOperator&) { ++left; }};
  std::future<std::error_code> flushing;
  std::uint64_t sent_at_once = 0;  // by flush_inline(), before other turns
  bool nobody_sent = true;         // what stop() has said
  ConsumedNodes kept;              // given to the next drain()
  std::atomic<int> attended{0};    // how often drain() said true
  std::atomic<std::uint64_t> largest_turn{0};
};

// The socket has room.

TEST_F(SendExercise, ASmallAnswerGoesAtOnce) {
  out.write_string("hello");
  flush();
  ASSERT_TRUE(returns()) << "five bytes, an empty socket, and flush() is still "
                            "busy";
  EXPECT_FALSE(flushing.get());
  EXPECT_EQ(arrived(), "hello");
  EXPECT_TRUE(out.is_empty()) << "the kernel has them; they are still here";
  EXPECT_FALSE(is_armed(it->fd())) << "nothing is left to send";
}

TEST_F(SendExercise, AHundredPiecesGoInOneTurn) {
  for (int i = 0; i < 100; ++i)
    ASSERT_FALSE(out.write_direct(Block::owned(std::vector<std::byte>(10))));
  EXPECT_FALSE(flush_inline());
  EXPECT_EQ(sent_at_once, 1000U)
      << "the socket had room for all of them: send until it is full";
  EXPECT_FALSE(is_armed(it->fd()));
}

TEST_F(SendExercise, BytesThatGoAreActivity) {
  activity.set_timeout(std::chrono::hours(1));
  const Deadline before = activity.idle_at();
  ASSERT_TRUE(comes(
      [&] { return Deadline::clock::now() + std::chrono::hours(1) > before; }));
  out.write_string("hello");
  EXPECT_FALSE(flush_inline());
  EXPECT_GT(activity.idle_at(), before)
      << "5 bytes went, and the connection is as idle as before";
}

TEST_F(SendExercise, APeerThatIsGoneIsTheSystemsError) {
  ends.far.reset();
  out.write_string("hello");
  flush();
  ASSERT_TRUE(returns()) << "the peer is gone, and flush() waits for it";
  EXPECT_EQ(flushing.get(), std::errc::broken_pipe);
}

// The socket is full, and a flush waits.

TEST_F(SendExercise, AFullSocketIsLeftToThePoller) {
  out.write_string(much());
  flush();
  ASSERT_TRUE(comes([&] { return is_armed(it->fd()); }))
      << "the socket is full, and nobody has asked the epoll to say when it is "
         "not";
  EXPECT_FALSE(out.is_unattended()) << "flush() waits for this output";
  const std::string got = arrives_by_the_poller();
  EXPECT_EQ(got.size(), much().size())
      << "the far end has read all that came, the socket has room, and the "
         "poller sends no more";
  ASSERT_TRUE(returns()) << "all is sent, and flush() sleeps on";
  EXPECT_FALSE(flushing.get());
  EXPECT_TRUE(got == much()) << "the bytes are not those that were written";
  EXPECT_FALSE(is_armed(it->fd()))
      << "nothing is left to send, and the socket will be reported in every "
         "turn";
  EXPECT_EQ(attended, 0) << "drain() said that nobody was waiting for this";
}

TEST_F(SendExercise, APeerThatGoesEndsAFlushThatSleeps) {
  out.write_string(much());
  flush();
  ASSERT_TRUE(comes([&] { return is_armed(it->fd()); })) << "nobody will see "
                                                            "that it is gone";
  ends.far.reset();
  ASSERT_TRUE(returns()) << "the poller's send has failed; flush() sleeps on";
  EXPECT_EQ(flushing.get(), std::errc::broken_pipe)
      << "the poller's send has failed; what did flush() say?";
  EXPECT_FALSE(is_armed(it->fd())) << "there is nobody to send to";
}

// The socket is full, and nobody may wait.

TEST_F(SendExercise, WhatNoFlushWaitsForIsSentByThePoller) {
  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  ASSERT_TRUE(out.is_unattended()) << "a flush on the poller's thread has "
                                      "returned; nobody waits for the rest";
  EXPECT_EQ(out.give_up_at(), kNever) << "no write timeout is set";
  EXPECT_TRUE(arrives_by_the_poller() == much())
      << "the rest did not come, or other bytes did";
  EXPECT_FALSE(out.is_unattended()) << "all is sent";
  EXPECT_FALSE(is_armed(it->fd()))
      << "nothing is left to send, and the socket will be reported in every "
         "turn";
  EXPECT_EQ(attended, 1) << "drain() tells once that such output is sent: the "
                            "input goes on then";
}

TEST_F(SendExercise, AfterItAnotherFlushMayBegin) {
  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  arrives_by_the_poller();
  EXPECT_FALSE(out.is_busy()) << "nobody sends and nobody waits now";
  out.write_string("hello");
  EXPECT_FALSE(flush_inline()) << "all is sent, and no flush may begin";
  EXPECT_EQ(arrived(), "hello");
}

TEST_F(SendExercise, TheWriteTimeoutBecomesATimer) {
  out.limit().set_timeout(std::chrono::hours(1));
  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  EXPECT_NE(out.give_up_at(), kNever)
      << "a peer that never reads would keep this output for ever";
}

TEST_F(SendExercise, TheFinComesBehindTheRest) {
  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  EXPECT_FALSE(out.shut());
  arrives_by_the_poller();
  EXPECT_TRUE(fin_has_come())
      << "shut() was called while you were sending: who sends the FIN?";
}

// The end.

TEST_F(SendExercise, AfterADetachNothingIsLeftToThePoller) {
  write_lent([this] {
    poller->detach(*it);
    out.drop_unattended();
  });
  out.write_string(much());
  EXPECT_EQ(flush_inline(), Errc::conn_closed)
      << "the poller has left this descriptor for good, and you rely on it";
  EXPECT_FALSE(out.is_unattended()) << "nobody will ever send this";
}

TEST_F(SendExercise, AfterAStopNothingIsLeftToThePoller) {
  write_lent([this] { nobody_sent = out.stop(); });
  out.write_string(much());
  EXPECT_EQ(flush_inline(), Errc::conn_closed);
  EXPECT_FALSE(nobody_sent);
  EXPECT_EQ(left, 1) << "the last one out goes on with the end";
  EXPECT_FALSE(is_armed(it->fd())) << "stop(): nobody begins to send";
}

// The nodes that drain() is given are let go inside it: so stop() meets it there.
TEST_F(SendExercise, TheLastTurnOfThePollerIsTheLastOneOut) {
  LinkBuffer other;
  ASSERT_FALSE(other.write_direct(
      Block::lent(memory, [this] { nobody_sent = out.stop(); })));
  static_cast<void>(other.flush());
  ASSERT_FALSE(other.skip(memory.size()));
  kept = other.take_consumed_nodes();

  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  arrived();
  test::turn_over(*poller);
  ASSERT_FALSE(nobody_sent) << "the poller was inside its send";
  EXPECT_EQ(left, 1) << "stop() waits for nobody: who was inside goes on with "
                        "the end, or the connection is never torn down";
}

// A socket over TCP takes more than 1 MiB before the far end reads.
class SendOverTcpExercise : public SendExercise {
 protected:
  SendOverTcpExercise() : SendExercise(test::tcp_pair) {}
};

TEST_F(SendOverTcpExercise, ATurnSendsItsShareAndNoMore) {
  constexpr std::uint64_t kShare = 1 << 20;
  out.write_string(std::string(4 << 20, 'x'));
  EXPECT_FALSE(flush_inline());
  EXPECT_TRUE(sent_at_once <= kShare)
      << "one turn sent more than 1 MiB; all other connections were waiting";
  std::size_t got = 0;
  EXPECT_TRUE(comes([&] {
    got += arrived().size();
    return got >= (4U << 20);
  })) << "the rest did not come";
  EXPECT_TRUE(largest_turn <= kShare)
      << "a turn of the poller sent more than 1 MiB";
}

}  // namespace
}  // namespace netpoll
