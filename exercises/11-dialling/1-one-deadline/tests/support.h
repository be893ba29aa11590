// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of dial() share. No name server is asked: each test brings a
// lookup of its own.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "client/support.h"
#include "netpoll/client/dialer.h"
#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/net.h"

namespace netpoll::one_deadline {

using std::chrono::milliseconds;
using test::tcp;

// A name that no name server knows: it is no name.
inline constexpr std::string_view kName = "a..b:80";

// What an error says, as codes are only numbers.
inline std::string words(std::error_code error) {
  return error ? error.message() : "no error";
}

class OneDeadline : public testing::Test {
 protected:
  OneDeadline() {
    options.timeout = milliseconds(2000);
    options.lookup = test::answering({there});
  }
  // An address that never answers: the queue of its listener is full.
  Address silent() {
    full = *os::listen_on(tcp("127.0.0.2:0"), {.backlog = 1});
    const Address address = *Address::local_of(full.get());
    for (auto fd = os::connect_to(address, milliseconds(100)); fd;
         fd = os::connect_to(address, milliseconds(100))) {
      waiting.push_back(*std::move(fd));
    }
    return address;
  }
  std::error_code error_of_dial() {
    return test::error_of(dial(*runtime, "tcp", kName, options));
  }

  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  const UniqueFd server = *os::listen_on(tcp("127.0.0.1:0"));
  const Address there = *Address::local_of(server.get());
  UniqueFd full;
  std::vector<UniqueFd> waiting;
  DialOptions options;
};

}  // namespace netpoll::one_deadline
