// SPDX-License-Identifier: Apache-2.0
//
// Descriptors' numbers are given out again at once; nobody may use or close one
// that has become another's. Upstream: TestDialerThenClose.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/client/dialer.h"
#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll {
namespace {

// Answers each client with its own digit, and counts those that wanted another.
class DigitServer {
 public:
  explicit DigitServer(char digit) : digit_(digit) {
    ::fcntl(listener_.get(), F_SETFL, 0);  // accept() blocks
    thread_ = std::jthread([this] { serve(); });
  }
  DigitServer(const DigitServer&) = delete;
  DigitServer& operator=(const DigitServer&) = delete;
  ~DigitServer() { ::shutdown(listener_.get(), SHUT_RDWR); }

  char digit() const { return digit_; }
  std::string address() const {
    return Address::local_of(listener_.get())->to_string();
  }
  int strays() const { return strays_; }

 private:
  void serve() {
    for (;;) {
      const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
      if (!client) return;
      test::limit_waiting(client.get());
      if (test::receive(client.get(), 1) != std::string(1, digit_)) ++strays_;
      test::send_all(client.get(), std::string(1, digit_));
      static_cast<void>(test::at_eof(client.get()));
    }
  }

  const char digit_;
  const UniqueFd listener_ =
      *os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  std::atomic<int> strays_{0};
  std::jthread thread_;
};

// Broken variant: Connection::tear_down() closes the number once more after
// socket_ has closed it.
TEST(ClientStress, ShortConnectionsToTwoServersAreNeverMixedUp) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 60;
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 2});
  const DigitServer one('1');
  const DigitServer two('2');
  std::atomic<int> wrong{0};
  const auto ask = [&](const DigitServer& server) {
    const auto conn = dial(*runtime, "tcp", server.address());
    if (!conn) return ++wrong;
    (*conn)->set_read_timeout(test::kPatience);
    const std::string digit(1, server.digit());
    (*conn)->writer().write_string(digit);
    if ((*conn)->writer().flush()) return ++wrong;
    return (*conn)->reader().read_string(1) == digit ? 0 : ++wrong;
  };
  std::vector<std::jthread> clients;
  for (int i = 0; i < kThreads; ++i) {
    clients.emplace_back([&] {
      for (int round = 0; round < kRounds && wrong == 0; ++round) {
        ask(one);
        ask(two);
      }
    });
  }
  clients.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(one.strays() + two.strays(), 0);
}

}  // namespace
}  // namespace netpoll
