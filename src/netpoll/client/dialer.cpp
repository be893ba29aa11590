// SPDX-License-Identifier: Apache-2.0
#include "netpoll/client/dialer.h"

#include <utility>
#include <vector>

#include "netpoll/base/ref.h"
#include "netpoll/client/connector.h"
#include "netpoll/os/socket.h"

namespace netpoll {
namespace {

// Keeps the handlers of a dialled connection alive. A Connection only refers to
// its handlers: a server's handlers outlive its connections, but a dialled
// connection has no server.
struct KeptHandlers : RefCounted<KeptHandlers> {
  explicit KeptHandlers(Handlers all) : handlers(std::move(all)) {}
  const Handlers handlers;
};

Result<DialedConnection> start_connection(Runtime& runtime, Connected socket,
                                          Slice unread, Handlers handlers,
                                          const ConnectionOptions& options) {
  const auto kept = make_ref<KeptHandlers>(std::move(handlers));
  DialedConnection connection(make_ref<Connection>(
      runtime, std::move(socket.fd), socket.peer, kept->handlers, options));
  connection->reader().begin_with(std::move(unread));
  // This close callback holds a reference to `kept`, and the connection holds
  // the callback until the connection is deleted. So the handlers live as long
  // as the connection.
  const auto error = connection->start([kept](Connection&) {});
  if (error) return fail(error);
  return connection;
}

Result<Address> near_end(std::string_view network, const std::string& text) {
  if (text.empty()) return Address();
  return Address::parse(network, text);
}

// Removes the peers that cannot be reached from `local`: those of another
// address family.
void keep_family_of(const Address& local, os::Addresses& peers) {
  if (local.family() == AF_UNSPEC) return;
  std::erase_if(peers, [&](const Address& peer) {
    return peer.family() != local.family();
  });
}

}  // namespace

Result<DialedConnection> dial(Runtime& runtime, std::string_view network,
                              std::string_view address,
                              const DialOptions& options) {
  const Deadline deadline = deadline_of(options.timeout);
  const Result<Address> local = near_end(network, options.local);
  if (!local) return fail(local.error());
  Result<os::Addresses> peers =
      os::resolve(network, address, deadline, options.lookup);
  if (!peers) return fail(peers.error());
  keep_family_of(*local, *peers);
  if (peers->empty()) return fail(Errc::invalid_argument);

  ConnectOptions how{.deadline = deadline, .local = *local};
  how.attempt_delay = options.attempt_delay;
  Result<Connected> socket = connect_first(interleave_families(*peers), how);
  if (!socket) return fail(socket.error());
  // The socket may be connected to another address than the one that was
  // dialled: for "any" (":80") the kernel chooses the address.
  if (const auto peer = Address::peer_of(socket->fd.get())) {
    socket->peer = *peer;
  }
  return start_connection(runtime, *std::move(socket), Slice(),
                          options.handlers, options.options);
}

Result<DialedConnection> dial(Runtime& runtime, std::string_view network,
                              std::string_view address,
                              std::chrono::milliseconds timeout) {
  return dial(runtime, network, address, DialOptions{.timeout = timeout});
}

Result<DialedConnection> adopt(Runtime& runtime, UniqueFd fd, Handlers handlers,
                               const ConnectionOptions& options) {
  return adopt(runtime, std::move(fd), Slice(), std::move(handlers), options);
}

Result<DialedConnection> adopt(Runtime& runtime, UniqueFd fd, Slice unread,
                               Handlers handlers,
                               const ConnectionOptions& options) {
  Result<UniqueFd> taken = os::take_connected(std::move(fd));
  if (!taken) return fail(taken.error());
  const Address peer = Address::peer_of(taken->get()).value_or(Address());
  return start_connection(runtime, Connected{*std::move(taken), peer},
                          std::move(unread), std::move(handlers), options);
}

}  // namespace netpoll
