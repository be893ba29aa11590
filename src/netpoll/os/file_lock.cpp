// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/file_lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "netpoll/os/connect.h"
#include "netpoll/os/new_fd.h"

namespace netpoll::os {
namespace {

struct Opened {
  UniqueFd fd;
  bool made_file;
};

// Opens the file `path`, and makes it first if there is none. Fails as open(2)
// does, or with EAGAIN when the file was there, but another process removed it
// before it could be opened: then call this again.
Result<Opened> open_or_make(const std::string& path) {
  // O_NOFOLLOW: a symbolic link could point at any file. O_NONBLOCK: opening a
  // FIFO could block.
  constexpr int kSafely = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const char* const name = path.c_str();
  Result<UniqueFd> made =
      own_new_fd(::open(name, kSafely | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR));
  if (made) return Opened{*std::move(made), true};
  if (made.error() != std::errc::file_exists) return fail(made.error());
  Result<UniqueFd> found = own_new_fd(::open(name, kSafely));
  if (found) return Opened{*std::move(found), false};
  if (found.error() != std::errc::no_such_file_or_directory) {
    return fail(found.error());
  }
  return fail(make_error_code(std::errc::resource_unavailable_try_again));
}

// Sleeps for one millisecond, between two tries to open or to lock the file.
// Fails, without a sleep, once `deadline` has passed.
std::error_code pause_until(Deadline deadline) {
  if (left_ms(deadline) == 0) return make_error_code(std::errc::timed_out);
  ::poll(nullptr, 0, 1);
  return {};
}

std::error_code lock(int fd, Deadline deadline) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return last_system_error();
    if (const auto error = pause_until(deadline)) return error;
  }
  return {};
}

bool is_file_at(int fd, const std::string& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

Result<FileLock> FileLock::take(std::string path, Deadline deadline) {
  for (;;) {
    Result<Opened> opened = open_or_make(path);
    std::error_code error = opened ? std::error_code() : opened.error();
    if (opened) {
      error = lock(opened->fd.get(), deadline);
      // The process that had the lock before may have removed the file that was
      // opened here. A lock on a removed file guards nothing: another process
      // can make and lock a new file at `path`. So then the loop starts again.
      if (!error && is_file_at(opened->fd.get(), path)) {
        return FileLock(std::move(opened->fd), std::move(path),
                        opened->made_file);
      }
    } else if (error == std::errc::resource_unavailable_try_again) {
      error = pause_until(deadline);
    }
    if (error) return fail(error);
  }
}

FileLock::~FileLock() {
  // The file is removed before fd_ is closed, which frees the lock. A process
  // that gets the lock on the removed file sees by is_file_at() that this lock
  // guards nothing, and starts again.
  if (fd_ && made_file_ && is_file_at(fd_.get(), path_)) {
    ::unlink(path_.c_str());
  }
}

}  // namespace netpoll::os
