// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a socket listens or whom it talks to: an IPv4, IPv6 or unix address.
//
//    Address::parse("tcp", "127.0.0.1:8080")   "[::1]:0"   ":8080" (any)
//    Address::parse("tcp", "[fe80::1%eth0]:80")  (a zone: which interface)
//    Address::parse("unix", "/tmp/echo.sock")  "@name" (no file, Linux only)
//
// A value: copy it freely. Names are resolved elsewhere (os/resolver.h), so
// nothing here blocks. Upstream: net_tcpsock.go:21, net_unixsock.go:27.

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "netpoll/base/result.h"

namespace netpoll {

/// The two halves of "host:port", each as it was written. Upstream:
/// net.SplitHostPort.
struct HostPort {
  std::string host;  ///< without its brackets; empty for "every interface"
  std::string port;  ///< a number or a service's name

  /// Parts at the last colon. Fails with Errc::invalid_argument when there is
  /// none, or when a host with colons has no brackets. [any]
  static Result<HostPort> split(std::string_view text);
};

class Address {
 public:
  /// No address; family() is AF_UNSPEC.
  Address() = default;

  /// `network` is tcp, tcp4, tcp6 or unix. `text` is HOST:PORT with a numeric
  /// host (an IPv6 host in brackets; an empty host is every interface, of IPv6
  /// for tcp6, else of IPv4), or the path of a unix socket. Fails with
  /// Errc::unsupported for another network, Errc::invalid_argument for a text
  /// that is no address. [any]
  static Result<Address> parse(std::string_view network, std::string_view text);
  /// What the kernel filled in. [any]
  static Address from_system(const sockaddr* address, socklen_t size);
  /// The near end of `fd`. Fails as getsockname(2) does. [any]
  static Result<Address> local_of(int fd);
  /// The far end of `fd`. Fails as getpeername(2) does. [any]
  static Result<Address> peer_of(int fd);

  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  /// The port in host order; 0 for a unix address.
  std::uint16_t port() const;
  /// "tcp" or "unix"; "" for no address.
  std::string_view network() const;
  /// As parse() takes it; "" for no address or a nameless unix socket.
  std::string to_string() const;

  /// For system calls; valid as long as this object.
  const sockaddr* data() const;
  socklen_t size() const { return size_; }

 private:
  static Result<Address> parse_unix(std::string_view path);
  static Result<Address> parse_ip(std::string_view network,
                                  std::string_view text);

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace netpoll
