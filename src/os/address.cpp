// SPDX-License-Identifier: Apache-2.0
#include "os/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace netpoll {
namespace {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

// "host:port" or "[host]:port"; the last colon parts them.
Result<HostPort> split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(Errc::invalid_argument);
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return fail(Errc::invalid_argument);
  }
  HostPort result{.host = std::string(host)};
  const auto [end, error] =
      std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc{} || end != port.data() + port.size()) {
    return fail(Errc::invalid_argument);
  }
  return result;
}

}  // namespace

Result<Address> Address::parse(std::string_view network,
                               std::string_view text) {
  if (network == "unix") return parse_unix(text);
  if (network == "tcp" || network == "tcp4" || network == "tcp6") {
    return parse_ip(network, text);
  }
  return fail(Errc::unsupported);
}

Result<Address> Address::parse_unix(std::string_view path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  // One byte stays for the terminator that paths need.
  if (path.empty() || path.size() >= sizeof un.sun_path) {
    return fail(Errc::invalid_argument);
  }
  std::copy(path.begin(), path.end(), un.sun_path);
  std::size_t size = offsetof(sockaddr_un, sun_path) + path.size();
  if (path.front() == '@') {
    un.sun_path[0] = '\0';  // an abstract name has no file and no terminator
  } else {
    ++size;
  }
  return from_system(reinterpret_cast<const sockaddr*>(&un),
                     static_cast<socklen_t>(size));
}

Result<Address> Address::parse_ip(std::string_view network,
                                  std::string_view text) {
  Result<HostPort> parts = split(text);
  if (!parts) return fail(parts.error());

  sockaddr_in in4{};
  in4.sin_family = AF_INET;
  in4.sin_port = htons(parts->port);
  const char* host4 = parts->host.empty() ? "0.0.0.0" : parts->host.c_str();
  if (network != "tcp6" && ::inet_pton(AF_INET, host4, &in4.sin_addr) == 1) {
    return from_system(reinterpret_cast<const sockaddr*>(&in4), sizeof in4);
  }

  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(parts->port);
  const char* host6 = parts->host.empty() ? "::" : parts->host.c_str();
  if (network != "tcp4" && ::inet_pton(AF_INET6, host6, &in6.sin6_addr) == 1) {
    return from_system(reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
  }
  return fail(Errc::invalid_argument);
}

Address Address::from_system(const sockaddr* address, socklen_t size) {
  Address result;
  result.size_ = std::min<socklen_t>(size, sizeof result.storage_);
  std::memcpy(&result.storage_, address, result.size_);
  return result;
}

Result<Address> Address::local_of(int fd) {
  Address result;
  result.size_ = sizeof result.storage_;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&result.storage_),
                    &result.size_) != 0) {
    return fail(last_system_error());
  }
  return result;
}

const sockaddr* Address::data() const {
  return reinterpret_cast<const sockaddr*>(&storage_);
}

std::uint16_t Address::port() const {
  // The port stands at the same place in both structures.
  static_assert(offsetof(sockaddr_in, sin_port) ==
                offsetof(sockaddr_in6, sin6_port));
  if (family() != AF_INET && family() != AF_INET6) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
}

std::string_view Address::network() const {
  if (family() == AF_UNSPEC) return "";
  return is_unix() ? "unix" : "tcp";
}

std::string Address::to_string() const {
  if (is_unix()) {
    const auto* un = reinterpret_cast<const sockaddr_un*>(&storage_);
    const std::size_t length = size_ - offsetof(sockaddr_un, sun_path);
    if (length == 0) return "";
    if (un->sun_path[0] != '\0') return un->sun_path;
    return "@" + std::string(un->sun_path + 1, length - 1);
  }
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (family() == AF_INET) {
    const auto* in4 = reinterpret_cast<const sockaddr_in*>(&storage_);
    ::inet_ntop(AF_INET, &in4->sin_addr, host.data(), host.size());
    return std::string(host.data()) + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&storage_);
    ::inet_ntop(AF_INET6, &in6->sin6_addr, host.data(), host.size());
    return "[" + std::string(host.data()) + "]:" + std::to_string(port());
  }
  return "";
}

}  // namespace netpoll
