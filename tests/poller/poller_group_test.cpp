// SPDX-License-Identifier: Apache-2.0
//
// The threads of a group of pollers, as a debugger or top(1) shows them.
#include "netpoll/poller/poller_group.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "netpoll/gopool/gopool.h"
#include "support/net.h"

namespace netpoll {
namespace {

// The names of this process's threads.
std::set<std::string> thread_names() {
  std::set<std::string> names;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    names.insert(name);
  }
  return names;
}

TEST(PollerGroup, GivesItsThreadsNamesAndNumbers) {
  GoPool pool;
  PoolRunner runner{pool};
  const auto group = *PollerGroup::start(
      runner,
      {.count = 2, .name = "mine", .own_time = std::chrono::microseconds(50)});
  // Each thread names itself as it begins.
  EXPECT_TRUE(test::eventually([] {
    const std::set<std::string> names = thread_names();
    return names.contains("mine-0") && names.contains("mine-1") &&
           names.contains("relief-0") && names.contains("relief-1");
  }));
}

}  // namespace
}  // namespace netpoll
