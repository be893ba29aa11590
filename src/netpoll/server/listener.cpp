// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/listener.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "netpoll/base/trigger.h"
#include "netpoll/os/resolver.h"

namespace netpoll {
namespace {

// Chooses the address to listen on, of those that a name has: an IPv4 address,
// since every client can reach that one, or the first one if none is IPv4.
// Upstream: Go's net.Listen.
const Address& choose(const os::Addresses& found) {
  const auto ipv4 = std::ranges::find(found, AF_INET, &Address::family);
  return ipv4 != found.end() ? *ipv4 : found.front();
}

}  // namespace

Result<Listener> Listener::listen(std::string_view network,
                                  std::string_view address,
                                  ListenOptions options) {
  const Result<os::Addresses> found = os::resolve(network, address, kNever);
  if (!found) return fail(found.error());
  const Address& wanted = choose(*found);
  if (network == "tcp6") options.ipv6_only = true;
  if (wanted.path().empty()) {
    Result<UniqueFd> fd = os::listen_on(wanted, options);
    if (!fd) return fail(fd.error());
    return over(*std::move(fd), {});
  }
  Result<os::ListeningOnFile> made = os::listen_on_file(wanted, options);
  if (!made) return fail(made.error());
  return over(std::move(made->fd), std::move(made->file));
}

Result<Listener> Listener::from_fd(UniqueFd fd) {
  Result<UniqueFd> taken = os::take_listening(std::move(fd));
  if (!taken) return fail(taken.error());
  return over(*std::move(taken), {});
}

Result<Listener> Listener::over(UniqueFd fd, os::SocketFile file) {
  const Result<Address> address = Address::local_of(fd.get());
  if (!address) {
    file.remove();
    return fail(address.error());
  }
  return Listener(std::move(fd), *address, std::move(file));
}

void Listener::close() {
  // The file is removed first: remove() needs the socket to be still open.
  if (fd_) file_.remove();
  fd_.reset();
}

Result<std::optional<os::Accepted>> Listener::accept() {
  assert(fd_);
  return os::accept4(fd_.get());
}

}  // namespace netpoll
