// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/file_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/error_of.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

class FileLockTest : public testing::Test {
 protected:
  FileLockTest() { std::filesystem::remove(path); }
  ~FileLockTest() override { std::filesystem::remove(path); }

  // Fails at once when the lock is held.
  Result<FileLock> try_lock() {
    return FileLock::take(path, Deadline::clock::now());
  }
  bool exists() const { return std::filesystem::exists(path); }

  const test::FdsBalance balance;
  const std::string path =
      testing::TempDir() + "netpoll-" + std::to_string(::getpid()) + ".lock";
};

TEST_F(FileLockTest, IsHeldOnceAndItsFileGoesWithIt) {
  {
    const auto lock = try_lock();
    ASSERT_TRUE(lock);
    EXPECT_TRUE(exists());
    EXPECT_EQ(test::error_of(try_lock()), std::errc::timed_out);
  }
  EXPECT_FALSE(exists());
  EXPECT_TRUE(try_lock());
}

TEST_F(FileLockTest, LeavesAFileThatItHasNotMade) {
  std::ofstream(path) << "precious";
  {
    const auto lock = try_lock();
    ASSERT_TRUE(lock);
    EXPECT_EQ(test::error_of(try_lock()), std::errc::timed_out);
  }
  EXPECT_EQ(std::filesystem::file_size(path), 8u);
}

TEST_F(FileLockTest, FollowsNoSymbolicLink) {
  const std::string target = path + ".target";
  std::filesystem::create_symlink(target, path);
  EXPECT_EQ(test::error_of(try_lock()),
            std::errc::too_many_symbolic_link_levels);
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(FileLockTest, InNoDirectoryIsTheSystemsError) {
  const auto lock = FileLock::take("/no such directory/lock", test::soon());
  EXPECT_EQ(test::error_of(lock), std::errc::no_such_file_or_directory);
}

// Broken variants: a waiter does not look whether its file is still at the path
// (two holders); one that has made the file removes it without having the lock.
TEST_F(FileLockTest, IsHeldByOneAtATimeThoughItsFileComesAndGoes) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  std::atomic<int> inside{0};
  std::atomic<int> together{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const auto lock = FileLock::take(path, test::soon());
          EXPECT_TRUE(lock);
          if (++inside != 1) ++together;
          std::this_thread::yield();
          --inside;
        }
      });
    }
  }
  EXPECT_EQ(together, 0);
  EXPECT_FALSE(exists());
}

}  // namespace
}  // namespace netpoll::os
