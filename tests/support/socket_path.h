// SPDX-License-Identifier: Apache-2.0
#pragma once

// A folder of a test's own for unix sockets, and sockets in it that the library
// has not made.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::test {

/// An empty folder, removed with all that is in it at the end.
class SocketFolder {
 public:
  SocketFolder() {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~SocketFolder() { std::filesystem::remove_all(path_); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;

  /// The path of `name` in it.
  std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  /// How many files are in it.
  std::ptrdiff_t size() const {
    const std::filesystem::directory_iterator all(path_);
    return std::distance(begin(all), end(all));
  }

 private:
  const std::filesystem::path path_ =
      testing::TempDir() + "netpoll-" + std::to_string(::getpid());
};

inline Address unix_address(const std::string& path) {
  return *Address::parse("unix", path);
}

/// A foreign server's socket, bound to `path` by a plain bind(2); it does not
/// listen yet.
inline UniqueFd bound_to(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address address = unix_address(path);
  EXPECT_EQ(::bind(fd.get(), address.data(), address.size()), 0);
  return fd;
}

/// Leaves a file at `path` that no process is bound to, as kill -9 does.
inline void leave_stale(const std::string& path) {
  bound_to(path).reset();
}

}  // namespace netpoll::test
