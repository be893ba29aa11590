// SPDX-License-Identifier: Apache-2.0
#include "client/dialer.h"

#include "os/socket.h"

namespace netpoll {
namespace {

const Handlers& no_handlers() {
  static const Handlers none;
  return none;
}

}  // namespace

Result<DialedConnection> dial(Runtime& runtime, std::string_view network,
                              std::string_view address,
                              std::chrono::milliseconds timeout) {
  const Result<Address> peer = Address::parse(network, address);
  if (!peer) return fail(peer.error());
  Result<UniqueFd> fd = os::connect_to(*peer, timeout);
  if (!fd) return fail(fd.error());
  DialedConnection connection(
      make_ref<Connection>(runtime, *std::move(fd), *peer, no_handlers()));
  if (const auto error = connection->start()) return fail(error);
  return connection;
}

}  // namespace netpoll
