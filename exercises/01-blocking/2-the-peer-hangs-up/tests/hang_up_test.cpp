// SPDX-License-Identifier: Apache-2.0
// Each send is made by a child process, so that its death is an answer too.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "netpoll/os/io.h"
#include "support/child.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::bytes_of;
using test::Pair;
using test::socket_pair;

// What a child tells of its sendmsg(), by its exit status.
enum Told { kSent = 1, kNothing, kAgain, kEof, kBrokenPipe, kOtherError };

int outcome(const Result<Moved>& moved) {
  if (!moved)
    return moved.error() == std::errc::broken_pipe ? kBrokenPipe : kOtherError;
  if (moved->eof) return kEof;
  if (moved->again) return kAgain;
  return moved->bytes > 0 ? kSent : kNothing;
}

std::string sentence(int status) {
  if (WIFSIGNALED(status)) {
    return WTERMSIG(status) == SIGPIPE ? "the process died of SIGPIPE"
                                       : "the process died of signal " +
                                             std::to_string(WTERMSIG(status));
  }
  switch (WEXITSTATUS(status)) {
    case kSent:
      return "sendmsg() says that it has sent bytes";
    case kNothing:
      return "sendmsg() says that all is well, with 0 bytes";
    case kAgain:
      return "sendmsg() says again";
    case kEof:
      return "sendmsg() says eof";
    case kBrokenPipe:
      return "sendmsg() fails with EPIPE";
    case kOtherError:
      return "sendmsg() fails with another error";
    default:
      return "the child ended by itself";
  }
}

// Makes a pair of sockets in a child process, spoils it, and sends `count`
// pieces from its near end.
template <class Spoil>
std::string send_pieces(std::size_t count, Spoil spoil) {
  const int status = test::in_child([&] {
    ::signal(SIGPIPE, SIG_DFL);
    Pair pair = socket_pair();
    spoil(pair);
    const std::vector pieces(count, bytes_of("abc"));
    return outcome(sendmsg(pair.near.get(), pieces));
  });
  return sentence(status);
}

void hang_up(Pair& pair) {
  pair.far.reset();
}

const char* const kRight = "sendmsg() fails with EPIPE";

TEST(PeerHasGone, OnePieceIsAnErrorAndNotTheEndOfTheProcess) {
  EXPECT_EQ(send_pieces(1, hang_up), kRight)
      << "a server would have taken all its other clients with it, or would "
         "never learn that this one has gone";
}

TEST(PeerHasGone, SeveralPiecesAreAnErrorAndNotTheEndOfTheProcess) {
  EXPECT_EQ(send_pieces(3, hang_up), kRight)
      << "an answer of several pieces takes another way through io.cpp";
}

// Nobody has gone here, and epoll(7) reports no hang-up: only the call itself
// can tell.
TEST(PeerHasGone, AnEndThatWasShutDownForWritingIsAnErrorToo) {
  const auto shut = [](Pair& pair) { ::shutdown(pair.near.get(), SHUT_WR); };
  EXPECT_EQ(send_pieces(1, shut), kRight) << "one piece";
  EXPECT_EQ(send_pieces(3, shut), kRight) << "three pieces";
}

TEST(PeerHasGone, NotBeforeAPeerThatHasOnlyFinishedSendingGetsItsAnswer) {
  const auto half = [](Pair& pair) { ::shutdown(pair.far.get(), SHUT_WR); };
  const std::string sent = "sendmsg() says that it has sent bytes";
  EXPECT_EQ(send_pieces(1, half), sent) << "the peer still reads";
  EXPECT_EQ(send_pieces(3, half), sent) << "the peer still reads";
}

TEST(PeerHasGone, NotWhenTheSocketIsOnlyFull) {
  const auto fill = [](Pair& pair) {
    const std::array<char, 4096> block{};
    while (::send(pair.near.get(), block.data(), block.size(), MSG_NOSIGNAL) >
           0) {
    }
  };
  EXPECT_EQ(send_pieces(1, fill), "sendmsg() says again");
}

// What the process does at SIGPIPE is for the program to say. It may be a
// filter in a pipe, which is to end; and what it starts inherits that.
TEST(TheProcess, DecidesItselfWhatSigpipeDoes) {
  const int changed = test::in_child([] {
    ::signal(SIGPIPE, SIG_DFL);
    Pair pair = socket_pair();
    const std::vector pieces(2, bytes_of("abc"));
    static_cast<void>(sendmsg(pair.near.get(), pieces));
    static_cast<void>(sendmsg(pair.near.get(), std::span(pieces).first(1)));
    return ::signal(SIGPIPE, SIG_DFL) == SIG_DFL ? 0 : 1;
  });
  EXPECT_EQ(changed, 0) << "sendmsg() changed what SIGPIPE does in the whole "
                           "process, and in programs that it starts";
}

TEST(TheProcess, HasTheSameSignalsBlockedAsBefore) {
  const int blocked = test::in_child([] {
    Pair pair = socket_pair();
    const std::vector pieces(2, bytes_of("abc"));
    static_cast<void>(sendmsg(pair.near.get(), pieces));
    static_cast<void>(sendmsg(pair.near.get(), std::span(pieces).first(1)));
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return ::sigismember(&mask, SIGPIPE);
  });
  EXPECT_EQ(blocked, 0) << "sendmsg() left SIGPIPE blocked in its thread";
}

}  // namespace
}  // namespace netpoll::os
