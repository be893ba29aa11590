// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace netpoll {
namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

using NameOfSocket = int (*)(int, sockaddr*, socklen_t*);

// The address that `name_of`, getsockname(2) or getpeername(2), reports for the
// socket `fd`.
Result<Address> ask_kernel(NameOfSocket name_of, int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (name_of(fd, address, &size) != 0) return fail(last_system_error());
  return Address::from_system(address, size);
}

// The decimal number that `text` consists of; none when `text` has any other
// character, or when the number does not fit into a Number.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const char* const begin = std::to_address(text.begin());
  const char* const end = std::to_address(text.end());
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

// Reads an IPv6 host, "host" or "host%zone", into `address`; the zone is the
// name or the number of a network interface. Returns false when `text` has
// neither form, or when no interface has that name.
[[nodiscard]] bool parse_host6(const std::string& text, sockaddr_in6& address) {
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

// The zone of `address` as text: "%" and the name of its network interface (the
// number, when there is no such interface); "" when the address has no zone.
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
  const bool ends_with_host = text.ends_with(']');  // as "[::1]", no port
  if (colon == std::string_view::npos || ends_with_host ||
      colon + 1 == text.size()) {
    return fail(Errc::missing_port);
  }
  // A zero byte is refused: the C functions that read a host or a port stop at
  // it, and would silently use only the characters before it.
  if (text.contains('\0')) return fail(Errc::bad_host);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return fail(Errc::bad_host);
  }
  return HostPort{std::string(host), std::string(text.substr(colon + 1))};
}

Result<Address> Address::parse(std::string_view network,
                               std::string_view text) {
  if (network == "unix") return parse_unix(text);
  if (network == "tcp" || network == "tcp4" || network == "tcp6") {
    return parse_ip(network, text);
  }
  return fail(Errc::unknown_network);
}

Result<Address> Address::parse_unix(std::string_view path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  // A path may fill sun_path but for its last byte: a zero byte ends the path.
  if (path.empty() || path.size() >= sizeof un.sun_path) {
    return fail(Errc::bad_path);
  }
  // "@…" is an abstract name: it has no file, and may have zero bytes. A path
  // may have none: the kernel would end the path at its first zero byte, and
  // so make another file than the caller has asked for.
  const bool is_abstract = path.front() == '@';
  if (!is_abstract && path.contains('\0')) return fail(Errc::bad_path);
  std::copy(path.begin(), path.end(), un.sun_path);
  if (is_abstract) un.sun_path[0] = '\0';
  const std::size_t size = kPathOffset + path.size() + (is_abstract ? 0u : 1u);
  return from_system(reinterpret_cast<const sockaddr*>(&un),
                     static_cast<socklen_t>(size));
}

Result<Address> Address::parse_ip(std::string_view network,
                                  std::string_view text) {
  const Result<HostPort> parts = HostPort::split(text);
  if (!parts) return fail(parts.error());
  const auto port = number_of<std::uint16_t>(parts->port);
  if (!port) return fail(Errc::bad_port);

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
  return fail(Errc::bad_host);
}

Address Address::from_system(const sockaddr* address, socklen_t size) {
  assert(address != nullptr || size == 0);
  Address result;
  result.size_ = std::min<socklen_t>(size, sizeof(sockaddr_storage));
  void* room = result.bytes_.data();
  if (result.size_ > result.bytes_.size()) {
    result.long_ = make_ref<LongBytes>();
    room = &result.long_->bytes;
  }
  if (result.size_ > 0) std::memcpy(room, address, result.size_);
  return result;
}

Result<Address> Address::local_of(int fd) {
  return ask_kernel(::getsockname, fd);
}

Result<Address> Address::peer_of(int fd) {
  return ask_kernel(::getpeername, fd);
}

const sockaddr* Address::data() const {
  if (long_) return reinterpret_cast<const sockaddr*>(&long_->bytes);
  return reinterpret_cast<const sockaddr*>(bytes_.data());
}

bool Address::operator==(const Address& other) const {
  return size_ == other.size_ && std::memcmp(data(), other.data(), size_) == 0;
}

// A copy of the address as a System: the sockaddr_… structure of its family.
// Bytes of the structure beyond the address's size are zero.
template <class System>
System Address::as() const {
  System system{};
  std::memcpy(&system, data(), std::min<std::size_t>(size_, sizeof system));
  return system;
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>().sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>().sin6_port);
  return 0;
}

std::string_view Address::network() const {
  if (family() == AF_UNSPEC) return "";
  return is_unix() ? "unix" : "tcp";
}

std::string Address::unix_text() const {
  assert(is_unix());
  if (size_ <= kPathOffset) return "";  // no byte of a path
  const auto un = as<sockaddr_un>();
  const std::size_t length =
      std::min<std::size_t>(size_, sizeof un) - kPathOffset;
  if (un.sun_path[0] == '\0') {
    return "@" + std::string(un.sun_path + 1, length - 1);
  }
  // The path ends at its zero byte, or where sun_path ends: the kernel may
  // report a path that fills all of sun_path and has no zero byte.
  return {un.sun_path, ::strnlen(un.sun_path, length)};
}

std::string Address::path() const {
  if (!is_unix()) return "";
  std::string text = unix_text();
  // Only an abstract name has a zero byte in front. The "@" of its text is no
  // proof: a path that another program has bound may begin with "@" too.
  return as<sockaddr_un>().sun_path[0] == '\0' ? "" : text;
}

std::string Address::to_string() const {
  if (is_unix()) return unix_text();
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (family() == AF_INET) {
    const auto in4 = as<sockaddr_in>();
    ::inet_ntop(AF_INET, &in4.sin_addr, host.data(), host.size());
    return std::string(host.data()) + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    const auto in6 = as<sockaddr_in6>();
    ::inet_ntop(AF_INET6, &in6.sin6_addr, host.data(), host.size());
    return "[" + std::string(host.data()) + zone_of(in6) +
           "]:" + std::to_string(port());
  }
  return "";
}

}  // namespace netpoll
