// SPDX-License-Identifier: Apache-2.0
//
// What does a dial answer? Each row is one dial of the library, on loopback
// only. A listener whose queue is full stands in for a host that never answers:
// the kernel drops what a client sends to it.

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "netpoll/client/dialer.h"
#include "netpoll/os/connect.h"
#include "netpoll/os/socket.h"

namespace {

using netpoll::Address;
using netpoll::UniqueFd;
using std::chrono::milliseconds;

constexpr milliseconds kLimit{500};

// A listener on a port that the kernel picks.
UniqueFd listen_at(std::string_view host, int backlog) {
  const std::string text = std::string(host) + ":0";
  return *netpoll::os::listen_on(*Address::parse("tcp", text),
                                 {.backlog = backlog});
}

std::string address_of(const UniqueFd& listener) {
  return Address::local_of(listener.get())->to_string();
}

// Dials until one dial finds the queue of the listener full.
std::vector<UniqueFd> fill(const UniqueFd& listener) {
  const Address there = *Address::local_of(listener.get());
  std::vector<UniqueFd> waiting;
  for (;;) {
    auto fd = netpoll::os::connect_to(there, kLimit);
    if (!fd) return waiting;
    waiting.push_back(*std::move(fd));
  }
}

void print(const char* what, const std::error_code& error) {
  const std::string answer = error ? error.message() : "connected";
  std::printf("%-26s  %s\n", what, answer.c_str());
}

void dial(netpoll::Runtime& runtime, const char* what,
          const std::string& address) {
  const auto connection = netpoll::dial(runtime, "tcp", address, kLimit);
  print(what, connection ? std::error_code() : connection.error());
}

}  // namespace

int main() {
  const auto runtime = *netpoll::Runtime::start({.pollers = 1});
  const UniqueFd server = listen_at("127.0.0.1", 16);
  const UniqueFd silent = listen_at("127.0.0.2", 1);
  const std::vector<UniqueFd> waiting = fill(silent);
  UniqueFd gone = listen_at("127.0.0.3", 1);
  const std::string nobody = address_of(gone);
  gone.reset();

  dial(*runtime, "somebody listens", address_of(server));
  dial(*runtime, "nobody listens", nobody);
  dial(*runtime, "nobody answers", address_of(silent));
  dial(*runtime, "an address without a port", "127.0.0.1");
  dial(*runtime, "a name that cannot be", "a..b:80");

  const auto late = netpoll::os::connect_to(*Address::parse("tcp", nobody),
                                            netpoll::Deadline::clock::now());
  print("nobody listens, no time", late ? std::error_code() : late.error());
}
