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
  EXPECT_FALSE(test::waits_for_room(it->fd())) << "nothing is left to send";
}

TEST_F(SendExercise, AHundredPiecesGoInOneTurn) {
  for (int i = 0; i < 100; ++i)
    ASSERT_FALSE(out.write_direct(Block::owned(std::vector<std::byte>(10))));
  EXPECT_FALSE(flush_inline());
  EXPECT_EQ(sent_at_once, 1000U)
      << "the socket had room for all of them: send until it is full";
  EXPECT_FALSE(test::waits_for_room(it->fd()));
}

TEST_F(SendExercise, BytesThatGoAreActivity) {
  activity.set_timeout(std::chrono::hours(1));
  const Deadline before = activity.idle_at();
  ASSERT_TRUE(comes(
      [&] { return Deadline::clock::now() + std::chrono::hours(1) > before; }));
  out.write_string("hello");
  EXPECT_FALSE(flush_inline());
  EXPECT_TRUE(activity.idle_at() > before)
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
  ASSERT_TRUE(comes([&] { return test::waits_for_room(it->fd()); }))
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
  EXPECT_FALSE(test::waits_for_room(it->fd()))
      << "nothing is left to send, and the socket will be reported in every "
         "turn";
  EXPECT_EQ(attended, 0) << "drain() said that nobody was waiting for this";
}

TEST_F(SendExercise, APeerThatGoesEndsAFlushThatSleeps) {
  out.write_string(much());
  flush();
  ASSERT_TRUE(comes([&] { return test::waits_for_room(it->fd()); }))
      << "nobody will see "
         "that it is gone";
  ends.far.reset();
  ASSERT_TRUE(returns()) << "the poller's send has failed; flush() sleeps on";
  EXPECT_EQ(flushing.get(), std::errc::broken_pipe)
      << "the poller's send has failed; what did flush() say?";
  EXPECT_FALSE(test::waits_for_room(it->fd())) << "there is nobody to send to";
}

// The flush leaves while the poller is inside its send; the send fails.
TEST_F(SendExercise, AFlushThatHasLeftIsGivenNothing) {
  within_the_next_turn([this] {
    static_cast<void>(life.user_closed());
    out.wake();
    done = comes([this] { return has_returned.load(); });
  });
  out.write_string(much());
  flush();
  ASSERT_TRUE(comes([&] { return test::waits_for_room(it->fd()); }))
      << "nobody will see "
         "that it is gone";
  ends.far.reset();
  ASSERT_TRUE(comes([&] { return done.load(); }));
  test::turn_over(*poller);
  EXPECT_FALSE(out.is_busy())
      << "the flush had left while the poller was inside its send: to whom did "
         "the poller give the right to send? No later flush may begin";
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
  EXPECT_FALSE(test::waits_for_room(it->fd()))
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

TEST_F(SendExercise, TheNextFlushWaitsForTheRest) {
  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  out.write_string("hello");
  flush();
  // It has begun before room comes.
  ASSERT_TRUE(comes([&] { return has_returned || !out.is_unattended(); }));
  std::string got;
  EXPECT_TRUE(comes([&] {
    got += arrived();
    return got.size() >= much().size() + 5;
  })) << "the poller was sending the rest of an earlier flush; the next flush "
         "came, and not all was sent";
  EXPECT_TRUE(got == much() + "hello");
  ASSERT_TRUE(returns()) << "all is sent, and flush() sleeps on";
  EXPECT_FALSE(flushing.get());
}

// Else code of the user runs in the poller's turn, and may close.
TEST_F(SendExercise, NoBlockIsLetGoInsideATurn) {
  out.write_string(much());
  write_lent([this] {
    let_go_inside = inside_drain.load();
    done = true;
  });
  out.write_string("hello");
  EXPECT_FALSE(flush_inline());
  arrives_by_the_poller();
  ASSERT_TRUE(comes([&] {
    arrived();
    return done.load();
  })) << "the bytes of a block that was lent do not go";
  EXPECT_FALSE(let_go_inside)
      << "done() of a block that was lent ran inside drain()";
}

TEST_F(SendExercise, TheWriteTimeoutBecomesATimer) {
  out.limit().set_timeout(std::chrono::hours(1));
  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  EXPECT_TRUE(out.give_up_at() != kNever)
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
  EXPECT_EQ(flush_inline(), Errc::conn_closed)
      << "stop() came while the flush was sending: drain() sends nothing any "
         "more, and you rely on it";
  EXPECT_FALSE(nobody_sent);
  EXPECT_EQ(left, 1) << "the last one out goes on with the end";
  EXPECT_FALSE(test::waits_for_room(it->fd()))
      << "stop(): nobody begins to send";
}

TEST_F(SendExercise, TheLastTurnOfThePollerIsTheLastOneOut) {
  within_the_next_turn([this] { nobody_sent = out.stop(); });
  out.write_string(much());
  EXPECT_FALSE(flush_inline());
  arrived();
  test::turn_over(*poller);
  ASSERT_FALSE(nobody_sent) << "the poller was inside its send";
  EXPECT_EQ(left, 1) << "stop() waits for nobody: who was inside goes on with "
                        "the end, or the connection is never torn down";
  EXPECT_FALSE(left_under_the_mutex)
      << "left_ ran while you held the mutex, and it may need that mutex";
}

// Two are inside: the poller, and the flush that sleeps until its output is
// sent. A wrong answer is not always found: the flush may be quick.
TEST_F(SendExercise, OfTwoInsideOnlyTheLastOneLeaves) {
  within_the_next_turn([this] {
    nobody_sent = out.stop();
    done = true;
  });
  out.write_string(much());
  flush();
  ASSERT_TRUE(comes([&] { return test::waits_for_room(it->fd()); }))
      << "nobody will see "
         "that it has room";
  arrived();
  ASSERT_TRUE(comes([&] { return done.load(); }));
  ASSERT_TRUE(returns()) << "after a stop() flush() sleeps on";
  test::turn_over(*poller);
  EXPECT_FALSE(nobody_sent);
  EXPECT_EQ(left, 1) << "the poller and a flush were inside: how often was "
                        "left_ called?";
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
  })) << "the turn was over, the output was not: the rest did not come";
  EXPECT_TRUE(largest_turn <= kShare)
      << "a turn of the poller sent more than 1 MiB";
}

// One call of send takes 32 pieces: 960 000 bytes, and then 88 576 are left.
TEST_F(SendOverTcpExercise, ATurnOfManyPiecesSendsNoMoreEither) {
  for (int i = 0; i < 70; ++i) {
    ASSERT_FALSE(
        out.write_direct(Block::owned(std::vector<std::byte>(30'000))));
  }
  EXPECT_FALSE(flush_inline());
  EXPECT_LE(sent_at_once, 1U << 20)
      << "no call sent more than 1 MiB, all calls of this turn together did";
}

TEST_F(SendOverTcpExercise, AnEndOfAShareIsNoFullSocket) {
  out.write_string(std::string((1 << 20) + 1000, 'x'));
  flush();
  ASSERT_TRUE(comes([&] {
    arrived();
    return out.is_empty();
  })) << "1000 bytes did not come";
  ASSERT_TRUE(returns());
  test::turn_over(*poller);  // a turn that sends is counted after its send
  EXPECT_EQ(largest_turn, 0U)
      << "1 MiB had gone, the socket had room, and this flush left 1000 bytes "
         "to the poller";
}

}  // namespace
}  // namespace netpoll
