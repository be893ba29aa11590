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

/// The file that bind(2) has made for a unix socket, and the proof of it.
class SocketFile {
 public:
  /// No file.
  SocketFile() = default;
  /// The socket file that is at `path`, made by this process. `path` is
  /// absolute: the process may change its directory later. [any]
  static SocketFile at(std::string path);

  /// Removes the file, if it is still this very one: the path names a socket
  /// on the same device, with the same inode number, and the process is the one
  /// that made it and no forked child. To be called while the socket is still
  /// open: the kernel keeps the inode, and so its number, as long. A second
  /// call does nothing. [any]
  void remove();

 private:
  std::string path_;  // empty: no file
  dev_t device_ = 0;
  ino_t inode_ = 0;
  pid_t maker_ = 0;
};

/// A listening unix socket, and its file.
struct ListeningOnFile {
  UniqueFd fd;
  SocketFile file;
};

/// Listens at the path of `address`. Replaces a socket file that no process is
/// bound to. The lock file PATH.lock exists only during the call. Sleeps while
/// another process of this library holds the lock, `lock_wait` at most.
/// Requires: `address` has a path. Fails as open(2), socket(2), bind(2) and
/// listen(2) do; with std::errc::address_in_use when another process is bound
/// to the file, or is just taking it, or when the file is no socket.
/// [any but a poller]
[[nodiscard]] Result<ListeningOnFile> listen_on_file(
    const Address& address, const ListenOptions& options,
    std::chrono::milliseconds lock_wait = std::chrono::seconds(1));

/// A socket of this network namespace is bound, and not connected, to the
/// socket file at the absolute `path`: a server that listens or is about to.
/// Also true when that cannot be found out. [any]
bool is_bound(const std::string& path);

}  // namespace netpoll::os
