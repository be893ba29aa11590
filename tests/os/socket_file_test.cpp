// SPDX-License-Identifier: Apache-2.0
//
// Who may take the place of a unix socket's file, and who may remove it.
#include "netpoll/os/socket_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "netpoll/os/file_lock.h"
#include "support/child.h"
#include "support/error_of.h"
#include "support/net.h"
#include "support/socket_path.h"

namespace netpoll::os {
namespace {

using test::bound_to;
using test::error_of;
using test::unix_address;

class SocketFileTest : public testing::Test {
 protected:
  Result<ListeningOnFile> listen() {
    return listen_on_file(unix_address(path), {});
  }
  bool exists() const { return std::filesystem::exists(path); }
  bool somebody_listens() const {
    return connect_to(unix_address(path), test::soon()).has_value();
  }

  const test::FdsBalance balance;
  const test::SocketFolder folder;
  const std::string path = folder / "s";
};

TEST_F(SocketFileTest, ListensAndLeavesOnlyItsOwnFile) {
  const auto server = listen();
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_TRUE(somebody_listens());
  EXPECT_EQ(folder.size(), 1);  // and no lock file
}

TEST_F(SocketFileTest, ReplacesAFileThatNobodyIsBoundTo) {
  test::leave_stale(path);
  ASSERT_FALSE(somebody_listens());
  const auto server = listen();
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_TRUE(somebody_listens());
}

TEST_F(SocketFileTest, LeavesAServerThatListens) {
  const auto first = listen();
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  EXPECT_TRUE(somebody_listens());
}

// connect(2) is refused there, as by a file that is left over.
TEST_F(SocketFileTest, LeavesAServerBetweenItsBindAndItsListen) {
  const UniqueFd foreign = bound_to(path);
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  ASSERT_EQ(::listen(foreign.get(), 5), 0);
  EXPECT_TRUE(somebody_listens());
}

// A foreign server that has bound a relative path: from which directory is
// not known.
TEST_F(SocketFileTest, LeavesWhatARelativePathMayMean) {
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(std::filesystem::path(path).parent_path());
  const UniqueFd foreign = bound_to("s");
  std::filesystem::current_path(here);
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
}

// Through a link both paths are one file.
TEST_F(SocketFileTest, LeavesAServerThatIsBoundByAnotherPath) {
  const UniqueFd foreign = bound_to(path);
  std::filesystem::create_directory_symlink(
      std::filesystem::path(path).parent_path(), folder / "link");
  EXPECT_EQ(error_of(listen_on_file(unix_address(folder / "link/s"), {})),
            std::errc::address_in_use);
}

TEST_F(SocketFileTest, AServerOfAnotherFolderIsNotInTheWay) {
  std::filesystem::create_directory(folder / "other");
  const UniqueFd foreign = bound_to(folder / "other/s");
  test::leave_stale(path);
  EXPECT_TRUE(listen());
}

// The server has closed its listening socket, but goes on with its clients.
TEST_F(SocketFileTest, AcceptedConnectionsDoNotHoldThePath) {
  auto server = listen();
  const auto client = connect_to(unix_address(path), test::soon());
  const auto accepted = accept4(server->fd.get());
  ASSERT_TRUE(accepted && *accepted);
  server->fd.reset();
  ASSERT_TRUE(exists());
  EXPECT_TRUE(listen());
}

TEST_F(SocketFileTest, LeavesAFileThatIsNoSocket) {
  std::ofstream(path) << "precious";
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  EXPECT_EQ(std::filesystem::file_size(path), 8u);
}

TEST_F(SocketFileTest, LeavesALinkToAFileThatIsGone) {
  std::filesystem::create_symlink(folder / "nowhere", path);
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  EXPECT_TRUE(std::filesystem::is_symlink(path));
}

TEST_F(SocketFileTest, IsInUseWhileAnotherServerTakesIt) {
  const auto lock = FileLock::take(path + ".lock", test::soon());
  ASSERT_TRUE(lock);
  EXPECT_EQ(error_of(listen_on_file(unix_address(path), {},
                                    std::chrono::milliseconds(1))),
            std::errc::address_in_use);
}

TEST_F(SocketFileTest, WithoutItsFolderIsTheSystemsError) {
  EXPECT_EQ(error_of(listen_on_file(unix_address(folder / "none/s"), {})),
            std::errc::no_such_file_or_directory);
}

TEST_F(SocketFileTest, IsRemovedOnce) {
  auto server = listen();
  server->file.remove();
  EXPECT_FALSE(exists());
  std::ofstream(path) << "precious";
  server->file.remove();
  EXPECT_TRUE(exists());
}

TEST_F(SocketFileTest, DoesNotRemoveItsSuccessor) {
  auto old = listen();
  std::filesystem::remove(path);
  const auto successor = listen();
  ASSERT_TRUE(successor);
  old->file.remove();
  EXPECT_TRUE(somebody_listens());
}

TEST_F(SocketFileTest, DoesNotRemoveAFileThatIsNoSocket) {
  auto old = listen();
  std::filesystem::remove(path);
  std::ofstream(path) << "precious";
  old->file.remove();
  EXPECT_TRUE(exists());
}

TEST_F(SocketFileTest, IsRemovedAlsoFromAnotherDirectory) {
  const auto here = std::filesystem::current_path();
  std::filesystem::create_directory(folder / "other");
  std::ofstream(folder / "other/s") << "precious";
  std::filesystem::current_path(std::filesystem::path(path).parent_path());
  auto server = listen_on_file(unix_address("s"), {});
  std::filesystem::current_path(folder / "other");
  server->file.remove();
  std::filesystem::current_path(here);
  EXPECT_FALSE(exists());
  EXPECT_TRUE(std::filesystem::exists(folder / "other/s"));
}

TEST_F(SocketFileTest, IsNotRemovedByAForkedChild) {
  auto server = listen();
  ASSERT_EQ(test::exit_status(test::in_child([&] {
              server->file.remove();
              return 0;
            })),
            0);
  EXPECT_TRUE(somebody_listens());
  server->file.remove();
  EXPECT_FALSE(exists());
}

}  // namespace
}  // namespace netpoll::os
