// SPDX-License-Identifier: Apache-2.0
//
// A listener and the file of its unix socket.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "netpoll/server/listener.h"
#include "server/support.h"
#include "support/child.h"
#include "support/error_of.h"
#include "support/net.h"
#include "support/socket_path.h"

namespace netpoll {
namespace {

class ListenerFileTest : public testing::Test {
 protected:
  Result<Listener> listen() { return Listener::listen("unix", path); }
  bool exists() const { return std::filesystem::exists(path); }
  bool is_served() const {
    return static_cast<bool>(test::client_of(test::unix_address(path)));
  }

  const test::FdsBalance balance;
  const test::SocketFolder folder;
  const std::string path = folder / "s";
};

TEST_F(ListenerFileTest, GoesWithTheListener) {
  {
    const auto listener = listen();
    ASSERT_TRUE(listener);
    EXPECT_TRUE(exists());
    EXPECT_EQ(listener->address().to_string(), path);
  }
  EXPECT_EQ(folder.size(), 0);
}

TEST_F(ListenerFileTest, MovedFromOneLeavesTheFile) {
  Result<Listener> first = listen();
  ASSERT_TRUE(first);
  const Listener second = *std::move(first);
  first->close();  // NOLINT(bugprone-use-after-move): it has nothing
  EXPECT_TRUE(exists());
}

TEST_F(ListenerFileTest, ReplacesASocketThatNobodyIsBoundTo) {
  test::leave_stale(path);
  const auto listener = listen();
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_TRUE(is_served());
}

TEST_F(ListenerFileTest, LeavesASocketThatSomebodyIsBoundTo) {
  const UniqueFd foreign = test::bound_to(path);
  EXPECT_EQ(test::error_of(listen()), std::errc::address_in_use);
  ASSERT_EQ(::listen(foreign.get(), 5), 0);
  EXPECT_EQ(test::error_of(listen()), std::errc::address_in_use);
  EXPECT_TRUE(is_served());
}

TEST_F(ListenerFileTest, ASuccessorsSocketStays) {
  std::optional<Listener> old = *listen();
  ::unlink(path.c_str());
  const auto successor = listen();
  old.reset();
  EXPECT_TRUE(is_served());
}

TEST_F(ListenerFileTest, AFileThatIsNoSocketStays) {
  std::optional<Listener> old = *listen();
  ::unlink(path.c_str());
  std::ofstream(path) << "precious";
  old.reset();
  EXPECT_TRUE(exists());
}

TEST_F(ListenerFileTest, ARelativePathMeansTheDirectoryOfItsListen) {
  const auto here = std::filesystem::current_path();
  std::filesystem::create_directory(folder / "other");
  std::ofstream(folder / "other/s") << "precious";
  std::filesystem::current_path(std::filesystem::path(path).parent_path());
  std::optional<Listener> listener = *Listener::listen("unix", "s");
  std::filesystem::current_path(folder / "other");
  listener.reset();
  std::filesystem::current_path(here);
  EXPECT_FALSE(exists());
  EXPECT_TRUE(std::filesystem::exists(folder / "other/s"));
}

TEST_F(ListenerFileTest, AChildsEndLeavesTheParentsFile) {
  const auto listener = listen();
  test::in_child([&] {
    Listener its_own = std::move(const_cast<Listener&>(*listener));
    return 0;
  });
  EXPECT_TRUE(is_served());
}

// Upstream: TestConvertListener.
TEST_F(ListenerFileTest, FromASocketServesAndLeavesTheFile) {
  UniqueFd inherited = *os::listen_on(test::unix_address(path));
  const int number = inherited.get();
  {
    auto listener = Listener::from_fd(std::move(inherited));
    ASSERT_TRUE(listener) << listener.error().message();
    EXPECT_EQ(listener->fd(), number);  // the same one, not a copy
    EXPECT_EQ(listener->address().to_string(), path);
    EXPECT_FALSE(listener->accept()->has_value());  // and does not block
    const UniqueFd client = test::client_of(listener->address());
    EXPECT_TRUE(listener->accept()->has_value());
  }
  EXPECT_TRUE(exists());
}

}  // namespace
}  // namespace netpoll
