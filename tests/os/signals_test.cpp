// SPDX-License-Identifier: Apache-2.0
//
// In children: signals are the whole process's.
#include "netpoll/os/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "support/child.h"

namespace netpoll::os {
namespace {

using test::exit_status;
using test::in_child;

bool is_blocked(int signal) {
  sigset_t blocked;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return ::sigismember(&blocked, signal) == 1;
}

TEST(EndSignals, TheFirstOneIsWaitedFor) {
  EXPECT_EQ(exit_status(in_child([] {
              EndSignals signals;
              ::kill(::getpid(), SIGTERM);
              return signals.wait();
            })),
            SIGTERM);
  EXPECT_EQ(exit_status(in_child([] {
              EndSignals signals;
              ::kill(::getpid(), SIGINT);
              return signals.wait();
            })),
            SIGINT);
}

TEST(EndSignals, TheSecondOneEndsTheProcess) {
  EXPECT_EQ(exit_status(in_child([] {
              EndSignals signals;
              ::kill(::getpid(), SIGINT);
              signals.wait();
              ::kill(::getpid(), SIGTERM);
              return 0;
            })),
            128 + SIGTERM);
}

TEST(EndSignals, TheSecondOneEndsAProcessThatIgnoredIt) {
  EXPECT_EQ(exit_status(in_child([] {
              std::signal(SIGINT, SIG_IGN);
              EndSignals signals;
              ::kill(::getpid(), SIGINT);
              signals.wait();
              ::kill(::getpid(), SIGINT);
              return 0;
            })),
            128 + SIGINT);
}

TEST(EndSignals, AreBlockedAsLongAsItLives) {
  {
    const EndSignals signals;
    EXPECT_TRUE(is_blocked(SIGTERM));
    EXPECT_TRUE(is_blocked(SIGINT));
  }
  EXPECT_FALSE(is_blocked(SIGTERM));
  EXPECT_FALSE(is_blocked(SIGINT));
}

}  // namespace
}  // namespace netpoll::os
