// SPDX-License-Identifier: Apache-2.0
// Replies of pieces from the seed, to peers of which some have gone. Each reply
// is sent by a child process, so that its death is an answer too.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "labs/seed.h"
#include "netpoll/os/io.h"
#include "support/child.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::Pair;
using test::Seeded;
using test::socket_pair;

// What a child tells by its exit status.
enum Told {
  kRight = 10,
  kNotSent,
  kNoError,
  kOtherError,
  kSignalIsSet,
  kSignalIsBlocked,
};

std::string sentence(int told) {
  if (WIFSIGNALED(told))
    return "the process died of signal " + std::to_string(WTERMSIG(told));
  switch (WEXITSTATUS(told)) {
    case kRight:
      return "right";
    case kNotSent:
      return "a peer that only finished sending did not get its reply";
    case kNoError:
      return "sendmsg() to a peer that has gone did not fail";
    case kOtherError:
      return "sendmsg() to a peer that has gone failed with another error";
    case kSignalIsSet:
      return "sendmsg() changed what SIGPIPE does in the process";
    case kSignalIsBlocked:
      return "sendmsg() left SIGPIPE blocked in its thread";
    default:
      return "the child ended by itself";
  }
}

bool is_sent(Pair& pair, IoVecs pieces) {
  const auto moved = sendmsg(pair.near.get(), pieces);
  return moved && moved->bytes > 0;
}

// To a peer that has finished sending, to one that has gone, and into a
// direction that was shut down; and what has become of the signal.
int replies_to_three(IoVecs pieces) {
  ::signal(SIGPIPE, SIG_DFL);
  Pair half = socket_pair();
  ::shutdown(half.far.get(), SHUT_WR);
  if (!is_sent(half, pieces)) return kNotSent;
  Pair gone = socket_pair();
  gone.far.reset();
  Pair shut = socket_pair();
  ::shutdown(shut.near.get(), SHUT_WR);
  for (const int fd : {gone.near.get(), shut.near.get()}) {
    const auto moved = sendmsg(fd, pieces);
    if (moved) return kNoError;
    if (moved.error() != std::errc::broken_pipe) return kOtherError;
  }
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  if (::sigismember(&mask, SIGPIPE) == 1) return kSignalIsBlocked;
  return ::signal(SIGPIPE, SIG_DFL) == SIG_DFL ? kRight : kSignalIsSet;
}

// A reply of so many pieces of sizes from the seed.
void expect_right(Seeded& numbers, std::size_t count) {
  const auto sizes = numbers.sizes(count, 1, 500);
  std::vector<std::string> texts;
  std::vector<std::span<const std::byte>> pieces;
  for (const std::size_t size : sizes)
    texts.push_back(numbers.text(size));
  for (const std::string& text : texts)
    pieces.push_back(test::bytes_of(text));
  const int told = test::in_child([&] { return replies_to_three(pieces); });
  EXPECT_EQ(sentence(told), "right")
      << "the reply has this many pieces: " << count;
}

TEST(HangUpSeeded, AReplyOfOnePieceEndsNobodyAndChangesNothing) {
  Seeded numbers("one piece");
  for (int round = 0; round < 3; ++round)
    expect_right(numbers, 1);
}

TEST(HangUpSeeded, AReplyOfManyPiecesEndsNobodyAndChangesNothing) {
  Seeded numbers("many pieces");
  for (int round = 0; round < 3; ++round)
    expect_right(numbers, numbers.between(2, 40));
}

}  // namespace
}  // namespace netpoll::os
