// SPDX-License-Identifier: Apache-2.0
#include "netpoll/client/connector.h"

#include <cassert>
#include <utility>

#include "netpoll/os/socket.h"

namespace netpoll {
namespace {

// The first and two more; upstream's number.
constexpr int kAttempts = 3;

Result<UniqueFd> connect_to(const Address& peer, Deadline deadline,
                            const Address& local) {
  return os::connect_to(peer, deadline, local);
}

}  // namespace

Result<Connected> connect_first(std::span<const Address> peers,
                                Deadline deadline, const Address& local) {
  return connect_first(peers, deadline, local, connect_to);
}

Result<Connected> connect_first(std::span<const Address> peers,
                                Deadline deadline, const Address& local,
                                const Connect& connect) {
  assert(!peers.empty());
  std::error_code first_error;
  for (const Address& peer : peers) {
    Result<UniqueFd> fd = connect_one(peer, deadline, local, connect);
    if (fd) return Connected{*std::move(fd), peer};
    if (fd.error() == Errc::dial_timeout) return fail(fd.error());
    if (!first_error) first_error = fd.error();
  }
  return fail(first_error);
}

Result<UniqueFd> connect_one(const Address& peer, Deadline deadline,
                             const Address& local, const Connect& connect) {
  // Only a port that the user chose can be his to meet himself on.
  const bool kernel_picks = local.port() == 0;
  Result<UniqueFd> fd;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fd = connect(peer, deadline, local);
    if (!kernel_picks) return fd;
    if (fd && !os::is_self_connected(fd->get())) return fd;
    if (fd) {
      fd = fail(make_error_code(std::errc::connection_refused));
    } else if (fd.error() != std::errc::address_not_available) {
      return fd;
    }
  }
  return fd;
}

}  // namespace netpoll
