// SPDX-License-Identifier: Apache-2.0
//
// Address: any text is refused with the right code, or makes an address that
// prints as a text that makes the same address. What is taken and what is
// refused is compared with getaddrinfo(3) and inet_pton(3).

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "fuzz/script.h"
#include "netpoll/base/check.h"
#include "netpoll/base/error.h"
#include "netpoll/os/address.h"
#include "netpoll/os/resolver.h"

namespace netpoll::fuzz {
namespace {

void check_stable(const Address& address) {
  const std::string text = address.to_string();
  const auto again = Address::parse(address.network(), text);
  check(again.has_value(), "parse() refuses what to_string() returned");
  check(*again == address, "parse(to_string()) is another address");
  check(again->to_string() == text, "to_string() is another text");
}

void check_split(const std::string& text) {
  const Result<HostPort> parts = HostPort::split(text);
  if (!parts) {
    return check(
        parts.error() == Errc::missing_port || parts.error() == Errc::bad_host,
        "split() fails with another error");
  }
  check(!parts->port.empty(), "split() returns no port");
  const std::string bare = parts->host + ":" + parts->port;
  const std::string in_brackets = "[" + parts->host + "]:" + parts->port;
  check(text == bare || text == in_brackets, "split() loses characters");
  check(!text.contains('\0'), "split() takes a zero byte");
}

// Whether `port` is a decimal number that fits into 16 bits.
bool is_port(const std::string& port) {
  unsigned long value = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned long>(c - '0');
    if (value > 65535) return false;
  }
  return !port.empty();
}

// Whether inet_pton(3) takes `host`, without a zone, for the network.
bool is_host(const std::string& network, const std::string& host) {
  std::array<std::byte, sizeof(in6_addr)> room{};
  const bool is_4 = ::inet_pton(AF_INET, host.c_str(), room.data()) == 1;
  const bool is_6 = ::inet_pton(AF_INET6, host.c_str(), room.data()) == 1;
  return (is_4 && network != "tcp6") || (is_6 && network != "tcp4");
}

// What getaddrinfo(3) makes of a host and a port that parse() has taken.
void check_system(const Address& address, const HostPort& parts) {
  addrinfo hints{};
  hints.ai_family = address.family();
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  const char* const host = parts.host.empty() ? nullptr : parts.host.c_str();
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host, parts.port.c_str(), &hints, &found);
  check(status == 0, "getaddrinfo() refuses what parse() has taken");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(
      found, &::freeaddrinfo);
  const Address theirs =
      Address::from_system(found->ai_addr, found->ai_addrlen);
  check(theirs == address, "getaddrinfo() makes another address");
}

void parse_tcp(const std::string& network, const std::string& text) {
  check_split(text);
  const Result<HostPort> parts = HostPort::split(text);
  const Result<Address> address = Address::parse(network, text);
  check(!address || parts.has_value(), "parse() takes what split() refuses");
  if (!parts) return;
  const bool has_zone = parts->host.contains('%');
  const bool good = is_port(parts->port) &&
                    (parts->host.empty() || is_host(network, parts->host));
  if (!has_zone) check(address.has_value() == good, "parse() beside inet_pton");
  if (!address) {
    const Errc why = is_port(parts->port) ? Errc::bad_host : Errc::bad_port;
    return check(address.error() == why, "parse() fails with another error");
  }
  check(!os::check_form(network, text), "check_form() refuses an address");
  check_stable(*address);
  check(address->port() == std::stoul(parts->port), "port()");
  // A zone's name counts for getaddrinfo() on a link-local address only.
  if (!has_zone) check_system(*address, *parts);
}

void parse_unix(const std::string& text) {
  const bool is_abstract = text.starts_with('@');
  const bool good = !text.empty() &&
                    text.size() < sizeof(sockaddr_un::sun_path) &&
                    (is_abstract || !text.contains('\0'));
  const Result<Address> address = Address::parse("unix", text);
  check(address.has_value() == good, "parse() of a path");
  if (!address) {
    return check(address.error() == Errc::bad_path, "another error of a path");
  }
  check(address->to_string() == text, "a path is printed as another path");
  check(address->path() == (is_abstract ? "" : text), "path()");
  check_stable(*address);
}

// Any bytes as a system call may have written them: no call of Address may
// read outside them, and a copy is the same address.
void from_system(const std::string& bytes) {
  sockaddr_storage storage{};
  std::memcpy(&storage, bytes.data(), std::min(bytes.size(), sizeof storage));
  const auto* const system = reinterpret_cast<const sockaddr*>(&storage);
  const auto size = static_cast<socklen_t>(bytes.size());
  const Address address = Address::from_system(system, size);
  const Address copy = address;
  check(copy == address && copy.size() == address.size(), "a copy differs");
  check(address.to_string() == copy.to_string(), "a copy prints otherwise");
  check(address.path().size() <= address.to_string().size(), "path()");
  check(!address.is_unix() || address.network() == "unix", "network()");
  check(address.is_unix() || address.path().empty(), "a path of no file");
}

void one(Script script) {
  const std::size_t kind = script.below(6);
  const std::string text = script.rest();
  constexpr std::array kNetworks = {"tcp", "tcp4", "tcp6"};
  if (kind < kNetworks.size()) return parse_tcp(kNetworks[kind], text);
  if (kind == 3) return parse_unix(text);
  if (kind == 4) return from_system(text);
  const auto address = Address::parse(text, "127.0.0.1:1");
  const bool known =
      text == "tcp" || text == "tcp4" || text == "tcp6" || text == "unix";
  check(known || address.error() == Errc::unknown_network, "a network");
}

}  // namespace
}  // namespace netpoll::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  netpoll::fuzz::one(netpoll::fuzz::Script({data, size}));
  return 0;
}
