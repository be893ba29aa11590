// SPDX-License-Identifier: Apache-2.0
#pragma once

// The address of a socket: IPv4, IPv6 or unix.
//
//    Address::parse("tcp", "127.0.0.1:8080")   "[::1]:0"   ":8080" (any)
//    Address::parse("tcp", "[fe80::1%eth0]:80")  (a zone: which interface)
//    Address::parse("unix", "/tmp/echo.sock")  "@name" (no file, Linux only)
//
//    IPv4, IPv6, no name   [ bytes_: 28 ][ size_ ][ long_: none ]
//    a unix path           [ unused     ][ size_ ][ long_ ]--> the bytes,
//                                         shared by all copies of the address
//
// A value of 40 bytes: copy it freely. os/resolver.h turns names into
// addresses; nothing here blocks. Upstream: net_tcpsock.go:21 (TCPAddr),
// net_unixsock.go:27 (UnixAddr).

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "netpoll/base/ref.h"
#include "netpoll/base/result.h"

namespace netpoll {

/// The host and the port of a text "host:port", neither of them looked up or
/// checked. Upstream: net.SplitHostPort.
struct HostPort {
  std::string host;  ///< without brackets; empty stands for "every interface"
  std::string port;  ///< a number or the name of a service; not empty

  /// Splits `text` at its last colon. Fails with Errc::missing_port when there
  /// is no colon or no text after it; with Errc::bad_host when a host that has
  /// colons itself is not in brackets, or `text` has a zero byte. [any]
  [[nodiscard]] static Result<HostPort> split(std::string_view text);
};

class Address {
 public:
  /// An object that holds no address: its family() is AF_UNSPEC.
  Address() = default;

  /// The address that `text` describes. For the networks tcp, tcp4 and tcp6
  /// `text` is HOST:PORT with a numeric host and port. An IPv6 host is in
  /// brackets. An empty host means every interface (:: for tcp6, else 0.0.0.0).
  /// For the network unix `text` is the path of a socket, or an abstract name,
  /// "@…", of at most 107 bytes. Only an abstract name may have zero bytes.
  ///
  /// Fails with Errc::unknown_network, Errc::missing_port, Errc::bad_port,
  /// Errc::bad_host or Errc::bad_path: each is a Condition::bad_address. [any]
  [[nodiscard]] static Result<Address> parse(std::string_view network,
                                             std::string_view text);
  /// A copy of the `size` bytes at `address`, as a system call has written
  /// them. [any]
  static Address from_system(const sockaddr* address, socklen_t size);
  /// The address of this end of the socket `fd`. Fails as getsockname(2). [any]
  [[nodiscard]] static Result<Address> local_of(int fd);
  /// The address of the far end of the socket `fd`. Fails as getpeername(2).
  /// [any]
  [[nodiscard]] static Result<Address> peer_of(int fd);

  /// AF_INET, AF_INET6, AF_UNIX, or AF_UNSPEC for no address. [any]
  int family() const { return data()->sa_family; }
  /// Whether the family is AF_UNIX. [any]
  bool is_unix() const { return family() == AF_UNIX; }
  /// The port in the host's byte order; 0 unless the family is IPv4 or IPv6.
  /// [any]
  std::uint16_t port() const;
  /// "tcp" or "unix"; "" for no address. [any]
  std::string_view network() const;
  /// The address as the text from which parse() makes it; "" for no address
  /// and for a unix socket without a name. [any]
  std::string to_string() const;
  /// The path of the unix socket's file; "" when the address has no file. [any]
  std::string path() const;

  /// The address as system calls take it. The pointer is valid as long as this
  /// object lives and is not assigned to. [any]
  const sockaddr* data() const;
  /// How many bytes data() points to. [any]
  socklen_t size() const { return size_; }

  /// Whether both addresses have the same size() and the same bytes. [any]
  bool operator==(const Address& other) const;

 private:
  struct LongBytes : RefCounted<LongBytes> {
    sockaddr_storage bytes{};  // constant once an Address refers to it
  };

  [[nodiscard]] static Result<Address> parse_unix(std::string_view path);
  [[nodiscard]] static Result<Address> parse_ip(std::string_view network,
                                                std::string_view text);
  template <class System>
  System as() const;
  std::string unix_text() const;

  // The address, if it fits into these 28 bytes, as IPv4 and IPv6 do. A longer
  // address, as of a unix path, is in long_.
  alignas(sockaddr_in6) std::array<std::byte, sizeof(sockaddr_in6)> bytes_{};
  socklen_t size_ = 0;
  Ref<LongBytes> long_;  // the address, if it is longer than bytes_; else empty
};

static_assert(sizeof(Address) <= 40);  // small: each connection stores two

}  // namespace netpoll
