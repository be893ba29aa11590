// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "send_rig.h"

namespace netpoll {
namespace {

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

// The nodes that drain() is given are let go inside it: stop() meets it there.
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
