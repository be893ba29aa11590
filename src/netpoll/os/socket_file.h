// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file of a unix socket: who may take its place, and who may remove it.
//
//    listen_on_file(path), under the lock PATH.lock from bind to listen:
//      bind --ok-----------> listen
//        |  EADDRINUSE: no socket?                 --yes--> address in use
//        |  a socket of this machine is bound?     --yes--> address in use
//        |  a connect(2) is not refused?           --yes--> address in use
//        +--> unlink, bind once more
//
//    SocketFile::remove(): only when the path still names that very file
//
// A server that was killed leaves its file behind, and bind(2) refuses to
// replace it. A connect(2) alone cannot tell such a file from a server that
// has bound its socket and does not listen yet: both refuse. /proc/net/unix
// can: it lists every bound socket of this network namespace. So only the file
// of a server in another network namespace, that does not use the lock, and is
// just starting, can be taken for a left-over one.
// Upstream leaves all this to Go's net package, which replaces no file.

#include <sys/types.h>

#include <chrono>
#include <string>

#include "netpoll/base/result.h"
#include "netpoll/os/address.h"
#include "netpoll/os/socket.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

/// The file that bind(2) has made for a unix socket, and what is needed to
/// recognize the file later: its device, its inode number and its maker.
class SocketFile {
 public:
  /// An object that refers to no file.
  SocketFile() = default;
  /// Refers to the socket file at `path`, or to no file if no socket is there.
  /// Requires: this process has made the file, by bind(2); `path` is absolute,
  /// because the working directory may change before remove(). [any]
  static SocketFile at(std::string path);

  /// Removes the file, if the path still names the file that this process has
  /// made: a socket on the same device with the same inode number. Does nothing
  /// in a forked child, which has not made the file. Call it while the socket
  /// is open: until the socket is closed, no other file can get that inode
  /// number. A second call does nothing. [any]
  void remove();

 private:
  std::string path_;  // empty: this object refers to no file
  dev_t device_ = 0;
  ino_t inode_ = 0;
  pid_t maker_ = 0;
};

/// A listening unix socket, and the file that bind(2) has made for it.
struct ListeningOnFile {
  UniqueFd fd;
  SocketFile file;
};

/// Opens a unix socket that listens at the path of `address`. A socket file
/// already there is replaced if no socket is bound to it. Makes the lock file
/// PATH.lock for the time of the call, if there is none. Sleeps while another
/// process that uses this library has that lock, `lock_wait` at most. Requires:
/// `address` has a path. Fails as open(2), socket(2), bind(2) and listen(2) do;
/// with std::errc::address_in_use when a socket is bound to the file, when
/// `lock_wait` has passed, or when the file is no socket. [any but a poller]
[[nodiscard]] Result<ListeningOnFile> listen_on_file(
    const Address& address, const ListenOptions& options,
    std::chrono::milliseconds lock_wait = std::chrono::seconds(1));

/// Whether a socket of this network namespace is bound to the socket file at
/// the absolute `path` and is not connected: the socket of a server that
/// listens or is about to. Also true when that cannot be found out. [any]
bool is_bound(const std::string& path);

}  // namespace netpoll::os
