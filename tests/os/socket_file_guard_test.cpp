// SPDX-License-Identifier: Apache-2.0
//
// A unix socket's file among strangers: who may connect to it, and that nothing
// which somebody else has put at its path is followed, replaced or removed.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "netpoll/os/file_lock.h"
#include "netpoll/os/socket_file.h"
#include "support/child.h"
#include "support/error_of.h"
#include "support/net.h"
#include "support/socket_path.h"

namespace netpoll::os {
namespace {

using test::error_of;
using test::unix_address;

constexpr mode_t kPermissions = 0777;
constexpr uid_t kNobody = 65534;

// The umask of the process until the end of a block.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  const mode_t before_;
};

class SocketFileGuardTest : public testing::Test {
 protected:
  Result<ListeningOnFile> listen() {
    return listen_on_file(unix_address(path), {});
  }
  static mode_t mode_of(const std::string& file) {
    struct stat status{};
    return ::lstat(file.c_str(), &status) == 0 ? status.st_mode & kPermissions
                                               : 0;
  }

  const test::FdsBalance balance;
  const test::SocketFolder folder;
  const std::string path = folder / "s";
};

// Broken variant: the file gets a mode of the library's choice.
TEST_F(SocketFileGuardTest, TheUmaskSaysWhoMayConnect) {
  for (const mode_t mask : {0077, 0027, 0022}) {
    const Umask umask(mask);
    const auto server = listen();
    ASSERT_TRUE(server) << server.error().message();
    EXPECT_EQ(mode_of(path), kPermissions & ~mask);
    std::filesystem::remove(path);
  }
}

// Broken variant: the lock is opened with 0666.
TEST_F(SocketFileGuardTest, TheLockIsItsMakersAlone) {
  const Umask umask(0);
  const auto lock = FileLock::take(path + ".lock", test::soon());
  ASSERT_TRUE(lock);
  EXPECT_EQ(mode_of(path + ".lock"), mode_t{0600});
}

// Broken variant: the lock is opened without O_NOFOLLOW.
TEST_F(SocketFileGuardTest, ALockThatIsALinkIsNotFollowed) {
  std::filesystem::create_symlink(folder / "elsewhere", path + ".lock");
  EXPECT_EQ(error_of(listen()), std::errc::too_many_symbolic_link_levels);
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

// Broken variant: look_at() calls stat(2), which follows a link.
TEST_F(SocketFileGuardTest, ALinkToASocketThatIsLeftOverStays) {
  test::leave_stale(folder / "target");
  std::filesystem::create_symlink(folder / "target", path);
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  EXPECT_TRUE(std::filesystem::is_symlink(path));
  EXPECT_TRUE(std::filesystem::exists(folder / "target"));
}

TEST_F(SocketFileGuardTest, ALinkToAServerThatListensStays) {
  const auto server = listen_on_file(unix_address(folder / "target"), {});
  std::filesystem::create_symlink(folder / "target", path);
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  EXPECT_TRUE(std::filesystem::is_symlink(path));
}

TEST_F(SocketFileGuardTest, AFolderAndAPipeStay) {
  std::filesystem::create_directory(path);
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  EXPECT_TRUE(std::filesystem::is_directory(path));
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(error_of(listen()), std::errc::address_in_use);
  EXPECT_TRUE(std::filesystem::is_fifo(path));
}

// Broken variant: remove() calls stat(2), which follows a link.
TEST_F(SocketFileGuardTest, ALinkThatHasTakenItsPlaceStays) {
  auto server = listen();
  ASSERT_TRUE(server);
  std::filesystem::rename(path, folder / "moved");
  std::filesystem::create_symlink(folder / "moved", path);
  server->file.remove();
  EXPECT_TRUE(std::filesystem::is_symlink(path));
  EXPECT_TRUE(std::filesystem::exists(folder / "moved"));
}

// In a folder such as /tmp, where only the owner of a file may remove it.
TEST_F(SocketFileGuardTest, InAStickyFolderTheFileOfAnotherUserStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  std::filesystem::permissions(folder / ".", std::filesystem::perms(01777));
  test::leave_stale(path);
  const int told = test::in_child([&] {
    if (::setuid(kNobody) != 0) return 2;
    return error_of(listen()) == std::errc::address_in_use ? 0 : 1;
  });
  EXPECT_EQ(test::exit_status(told), 0);
  EXPECT_TRUE(std::filesystem::is_socket(path));
}

TEST_F(SocketFileGuardTest, AnAbstractNameMakesNoFile) {
  const auto address = Address::parse("unix", "@" + path);
  ASSERT_TRUE(address);
  const auto server = listen_on(*address);
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_EQ(address->path(), "");
  EXPECT_EQ(folder.size(), 0);
}

}  // namespace
}  // namespace netpoll::os
