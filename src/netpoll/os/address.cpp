// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace netpoll {
namespace {

using AskName = int (*)(int, sockaddr*, socklen_t*);

Result<Address> ask(AskName name_of, int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (name_of(fd, address, &size) != 0) return fail(last_system_error());
  return Address::from_system(address, size);
}

template <class Number>
Result<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(Errc::invalid_argument);
  }
  return number;
}

// "host" or "host%zone", the zone an interface's name or number.
bool parse_host6(const std::string& text, sockaddr_in6& address) {
  const std::size_t percent = text.find('%');
  if (percent != std::string::npos) {
    const std::string zone = text.substr(percent + 1);
    const auto number = number_of<std::uint32_t>(zone);
    address.sin6_scope_id = number ? *number : ::if_nametoindex(zone.c_str());
    if (address.sin6_scope_id == 0) return false;
  }
  const std::string host = text.substr(0, percent);
  return ::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) == 1;
}

std::string zone_of(const sockaddr_in6& address) {
  if (address.sin6_scope_id == 0) return "";
  std::array<char, IF_NAMESIZE> name{};
  if (::if_indextoname(address.sin6_scope_id, name.data()) != nullptr) {
    return std::string("%") + name.data();
  }
  return "%" + std::to_string(address.sin6_scope_id);
}

}  // namespace

Result<HostPort> HostPort::split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  // C functions would read the text only up to a zero byte.
  if (colon == std::string_view::npos || text.contains('\0')) {
    return fail(Errc::invalid_argument);
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return fail(Errc::invalid_argument);
  }
  return HostPort{std::string(host), std::string(text.substr(colon + 1))};
}

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
  const Result<HostPort> parts = HostPort::split(text);
  if (!parts) return fail(parts.error());
  const auto port = number_of<std::uint16_t>(parts->port);
  if (!port) return fail(port.error());

  sockaddr_in in4{};
  in4.sin_family = AF_INET;
  in4.sin_port = htons(*port);
  const char* host4 = parts->host.empty() ? "0.0.0.0" : parts->host.c_str();
  if (network != "tcp6" && ::inet_pton(AF_INET, host4, &in4.sin_addr) == 1) {
    return from_system(reinterpret_cast<const sockaddr*>(&in4), sizeof in4);
  }

  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(*port);
  const std::string host6 = parts->host.empty() ? "::" : parts->host;
  if (network != "tcp4" && parse_host6(host6, in6)) {
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
  return ask(::getsockname, fd);
}

Result<Address> Address::peer_of(int fd) {
  return ask(::getpeername, fd);
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
    return "[" + std::string(host.data()) + zone_of(*in6) +
           "]:" + std::to_string(port());
  }
  return "";
}

}  // namespace netpoll
