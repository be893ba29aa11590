// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "netpoll/base/trigger.h"
#include "netpoll/os/resolver.h"

namespace netpoll {
namespace {

// The path of a unix socket's file; empty when there is none.
std::string file_of(const Address& address) {
  const std::string path = address.is_unix() ? address.to_string() : "";
  return path.starts_with('@') ? "" : path;
}

// A server that was killed leaves its file behind, and bind() refuses it. Only
// a socket that refuses connections is taken away, nothing else.
void remove_stale(const Address& address) {
  const std::string path = file_of(address);
  struct stat status{};
  if (path.empty() || ::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) return;
  const auto probe = os::connect_to(address, std::chrono::seconds(1));
  if (!probe && probe.error() == std::errc::connection_refused) {
    ::unlink(path.c_str());
  }
}

// One name may have addresses of both families; clients that know only IPv4 are
// the rule. Upstream: Go's net.Listen.
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
  remove_stale(wanted);
  Result<UniqueFd> fd = os::listen_on(wanted, options);
  if (!fd) return fail(fd.error());
  const Result<Address> actual = Address::local_of(fd->get());
  if (!actual) return fail(actual.error());
  return Listener(*std::move(fd), *actual, true);
}

Result<Listener> Listener::from_fd(UniqueFd fd) {
  Result<UniqueFd> taken = os::take_listening(std::move(fd));
  if (!taken) return fail(taken.error());
  const Result<Address> address = Address::local_of(taken->get());
  if (!address) return fail(address.error());
  return Listener(*std::move(taken), *address, false);
}

void Listener::close() {
  const std::string path = fd_ && made_file_ ? file_of(address_) : "";
  if (!path.empty()) ::unlink(path.c_str());
  fd_.reset();
}

Result<std::optional<os::Accepted>> Listener::accept() {
  return os::accept4(fd_.get());
}

}  // namespace netpoll
