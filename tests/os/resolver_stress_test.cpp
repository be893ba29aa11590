// SPDX-License-Identifier: Apache-2.0
//
// Answers that come when the deadline does.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "netpoll/os/resolver.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

// Each lookup takes until about its asker's deadline, so that either may come
// first. Broken variants: the thread borrows the question that its asker owns
// (use after free); a late thread does not let go of it (its copy of the lookup
// stays for ever).
TEST(ResolverStress, TheAnswerRacesWithTheDeadline) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 500;
  std::atomic<int> in_time{0};
  std::atomic<int> late{0};
  const auto kept = std::make_shared<int>();
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < kThreads; ++i) {
      askers.emplace_back([&, kept] {
        for (int round = 0; round < kRounds; ++round) {
          const auto deadline =
              Deadline::clock::now() + std::chrono::microseconds(200);
          const auto found =
              resolve("tcp", "example:80", deadline,
                      [kept, deadline](std::string_view, const HostPort&) {
                        while (Deadline::clock::now() < deadline)
                          std::this_thread::yield();
                        return Result<Addresses>(Addresses(1));
                      });
          if (found) {
            EXPECT_EQ(found->size(), 1u);
          } else {
            EXPECT_EQ(found.error(), Errc::dial_timeout);
          }
          ++(found ? in_time : late);
        }
      });
    }
  }
  EXPECT_EQ(in_time + late, kThreads * kRounds);
  EXPECT_TRUE(test::eventually([&] { return kept.use_count() == 1; }));
}

}  // namespace
}  // namespace netpoll::os
