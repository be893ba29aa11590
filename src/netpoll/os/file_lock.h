// SPDX-License-Identifier: Apache-2.0
#pragma once

// A lock between processes, by flock(2) on a file.
//
//    take("/run/echo.sock.lock")
//      no such file    makes it, locks it; the end of the lock removes it
//      a file          locks it; the file stays
//
// Only the process that has made the file removes it: a file of that name that
// belongs to somebody else is locked, and neither written nor removed. The file
// stays when the process that has made it is killed while it holds the lock; it
// does no harm then, for the kernel frees the lock itself.

#include <string>
#include <utility>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

class FileLock {
 public:
  /// Locks the file `path`, and makes the file if there is none. Sleeps while
  /// another process or FileLock has the lock. Fails as open(2) does, and with
  /// std::errc::timed_out once `deadline` has passed. [any but a poller]
  [[nodiscard]] static Result<FileLock> take(std::string path,
                                             Deadline deadline);

  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) = delete;
  /// Frees the lock, and removes the file if take() has made it.
  ~FileLock();

 private:
  FileLock(UniqueFd fd, std::string path, bool made_file)
      : fd_(std::move(fd)), path_(std::move(path)), made_file_(made_file) {}

  UniqueFd fd_;  // the locked file; none once this object was moved from
  std::string path_;
  bool made_file_;  // take() has made the file, so the destructor removes it
};

}  // namespace netpoll::os
