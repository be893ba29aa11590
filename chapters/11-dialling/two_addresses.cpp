// SPDX-License-Identifier: Apache-2.0
//
// A name that has two addresses. Which are tried, and what does the caller get?
// The lookup is made up: it answers with two addresses of this machine. "works"
// listens; "refuses" has no listener; "silent" has one whose queue is full.

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "netpoll/client/connector.h"
#include "netpoll/os/socket.h"

namespace {

using netpoll::Address;
using netpoll::UniqueFd;
using std::chrono::milliseconds;

struct Host {
  const char* name;
  UniqueFd listener;
  Address address;
  std::vector<UniqueFd> waiting = {};
};

Host host(const char* name, const char* at, int backlog) {
  UniqueFd fd =
      *netpoll::os::listen_on(*Address::parse("tcp", at), {.backlog = backlog});
  const Address address = *Address::local_of(fd.get());
  return {.name = name, .listener = std::move(fd), .address = address};
}

// Fills the queue, so that the kernel answers no further client.
void silence(Host& host) {
  for (;;) {
    auto fd = netpoll::os::connect_to(host.address, milliseconds(200));
    if (!fd) return;
    host.waiting.push_back(*std::move(fd));
  }
}

void dial(const Host& first, const Host& second, milliseconds limit,
          milliseconds delay) {
  int tried = 0;
  netpoll::ConnectOptions options{.deadline = netpoll::deadline_of(limit),
                                  .attempt_delay = delay};
  options.begin = [&](const Address& peer, const Address& local) {
    ++tried;
    return netpoll::os::begin_connect(peer, local);
  };
  const std::vector peers{first.address, second.address};
  const auto socket = netpoll::connect_first(peers, options);
  std::string answer;
  if (!socket) {
    answer = socket.error().message();
  } else {
    answer = socket->peer == first.address ? "connected to the first"
                                           : "connected to the second";
  }
  std::printf("%-8s %-8s %5d ms %5d ms %6d  %s\n", first.name, second.name,
              static_cast<int>(delay.count()), static_cast<int>(limit.count()),
              tried, answer.c_str());
}

}  // namespace

int main() {
  const Host works = host("works", "127.0.0.1:0", 16);
  Host silent = host("silent", "127.0.0.2:0", 1);
  Host refuses = host("refuses", "127.0.0.3:0", 1);
  silence(silent);
  refuses.listener.reset();

  std::puts("first    second      delay    limit  tried  answer");
  dial(works, silent, milliseconds(5000), milliseconds(250));
  dial(refuses, works, milliseconds(5000), milliseconds(250));
  dial(silent, works, milliseconds(5000), milliseconds(50));
  dial(silent, refuses, milliseconds(500), milliseconds(50));
  dial(silent, works, milliseconds(100), milliseconds(250));
  dial(refuses, refuses, milliseconds(5000), milliseconds(250));
}
