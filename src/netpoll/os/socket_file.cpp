// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/socket_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "netpoll/os/file_lock.h"
#include "netpoll/os/new_fd.h"

namespace netpoll::os {
namespace {

std::optional<struct stat> look_at(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // no '/': npos + 1, which is 0
}

// The content of a file in /proc, or std::nullopt on failure. Reads to the end,
// because stat(2) does not tell the size of such a file.
std::optional<std::string> read_all(const char* path) {
  const Result<UniqueFd> fd = own_new_fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::string all;
  std::array<char, 16384> piece;
  for (;;) {
    const ssize_t n = ::read(fd->get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return all;
    all.append(piece.data(), static_cast<std::size_t>(n));
  }
}

// The path of the socket that `line` of /proc/net/unix describes; "" when the
// socket has no path, or is connected (its State is not 01). The fields are:
//   Num: RefCount Protocol Flags Type State Inode Path
// Connected sockets do not count: an accepted one has its server's path too.
std::string_view unconnected_path(std::string_view line) {
  std::string_view state;
  for (int field = 0; field < 7; ++field) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return "";
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find(' '), line.size());
    if (field == 5) state = line.substr(0, end);
    line.remove_prefix(end);
  }
  if (state != "01" || line.empty()) return "";
  return line.substr(1);
}

// Whether a socket whose path is `listed` in /proc/net/unix is bound to `file`,
// the file at `path`. When `listed` is relative, its directory is not known.
// Then the answer is yes if both paths end in the same name. If that is wrong,
// a left-over file stays, but no file in use is removed.
bool names_file(std::string_view listed, const std::string& path,
                const struct stat& file) {
  if (last_component(listed) != last_component(path)) return false;
  if (!listed.starts_with('/') || listed == path) return true;
  const auto other = look_at(std::string(listed));
  return other && is_same_file(*other, file);
}

bool is_address_in_use(const std::error_code& error) {
  return error == std::errc::address_in_use;
}

// Whether `file` at `path`, which bind(2) refuses to replace, is the socket
// file of a server that has ended and has not removed the file.
bool is_left_over(const struct stat& file, const std::string& path,
                  const Address& address) {
  if (!S_ISSOCK(file.st_mode) || is_bound(path)) return false;
  // is_bound() sees only the sockets of this network namespace. If the server
  // listens in another one, connect(2) is not refused.
  const Result<Begun> probe = begin_connect(address);
  return !probe && probe.error() == std::errc::connection_refused;
}

std::error_code bind_to(int fd, const Address& address) {
  if (::bind(fd, address.data(), address.size()) == 0) return {};
  return last_system_error();
}

// Binds `fd` to `address`, whose file is `path`. If a file that a dead server
// has left is in the way, removes it and binds once more. Requires: the caller
// has the lock PATH.lock.
std::error_code bind_or_replace(int fd, const Address& address,
                                const std::string& path) {
  const std::error_code error = bind_to(fd, address);
  if (!is_address_in_use(error)) return error;
  if (const auto file = look_at(path)) {
    if (!is_left_over(*file, path, address)) return error;
    // bind(2) makes the file a moment before /proc/net/unix lists the socket. A
    // server that takes no lock may be inside bind(2) right now, and its file
    // looks left over. So check the file a second time, 20 ms later.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (!is_left_over(*file, path, address)) return error;
    // Remove only the file that was checked above: a server that takes no lock
    // may have put its own file at `path` meanwhile.
    const auto now = look_at(path);
    if (now && is_same_file(*now, *file)) ::unlink(path.c_str());
  }
  return bind_to(fd, address);
}

}  // namespace

SocketFile SocketFile::at(std::string path) {
  assert(path.starts_with('/'));
  SocketFile file;
  const auto status = look_at(path);
  if (!status || !S_ISSOCK(status->st_mode)) return file;
  file.path_ = std::move(path);
  file.device_ = status->st_dev;
  file.inode_ = status->st_ino;
  file.maker_ = ::getpid();
  return file;
}

void SocketFile::remove() {
  const std::string path = std::exchange(path_, "");
  if (path.empty() || ::getpid() != maker_) return;
  const auto now = look_at(path);
  if (!now || !S_ISSOCK(now->st_mode)) return;
  if (now->st_dev != device_ || now->st_ino != inode_) return;
  ::unlink(path.c_str());
}

Result<ListeningOnFile> listen_on_file(const Address& address,
                                       const ListenOptions& options,
                                       std::chrono::milliseconds lock_wait) {
  assert(!address.path().empty());
  std::error_code error;
  const std::string path =
      std::filesystem::absolute(address.path(), error).string();
  if (error) return fail(error);

  const auto lock = FileLock::take(path + ".lock", deadline_after(lock_wait));
  if (!lock) {
    return fail(lock.error() == std::errc::timed_out
                    ? make_error_code(std::errc::address_in_use)
                    : lock.error());
  }
  Result<UniqueFd> fd = open_stream(AF_UNIX);
  if (!fd) return fail(fd.error());
  error = bind_or_replace(fd->get(), address, path);
  if (error) return fail(error);
  SocketFile file = SocketFile::at(path);
  error = start_listening(fd->get(), options);
  if (error) {
    file.remove();
    return fail(error);
  }
  return ListeningOnFile{*std::move(fd), std::move(file)};
}

bool is_bound(const std::string& path) {
  const auto file = look_at(path);
  const auto sockets = read_all("/proc/net/unix");
  // When it cannot be found out, say yes: the file then stays. A line break in
  // `path` would split its line of /proc/net/unix in two.
  if (!file || !sockets || path.contains('\n')) return true;
  std::string_view rest = *sockets;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view listed = unconnected_path(rest.substr(0, end));
    if (!listed.empty() && names_file(listed, path, *file)) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

}  // namespace netpoll::os
