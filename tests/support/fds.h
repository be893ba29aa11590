// SPDX-License-Identifier: Apache-2.0
#pragma once

// What tests of descriptors share: none left to open, and which of the open
// ones a child of this process would inherit.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "netpoll/os/unique_fd.h"

namespace netpoll::test {

inline bool is_cloexec(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

inline bool is_non_blocking(int fd) {
  return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

/// The open descriptors, each with what it is ("socket:[1234]").
using Fds = std::set<std::pair<int, std::string>>;

inline Fds fds() {
  Fds all;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one that reads this very folder
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    all.emplace(std::stoi(entry.path().filename()), target.string());
  }
  return all;
}

/// While it lives this process can open no descriptor.
class NoMoreFds {
 public:
  NoMoreFds() {
    // UBSan's first look at a category probes memory through a pipe, for which
    // there is no descriptor later; what it has seen it remembers.
    const std::error_code error(EMFILE, std::system_category());
    EXPECT_EQ(error, std::errc::too_many_files_open);
    EXPECT_FALSE(error.message().empty());
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(::dup(0));  // numbers below it are all taken
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next.get());
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoMoreFds() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreFds(const NoMoreFds&) = delete;
  NoMoreFds& operator=(const NoMoreFds&) = delete;

 private:
  rlimit before_{};
};

}  // namespace netpoll::test
