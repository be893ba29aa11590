// SPDX-License-Identifier: Apache-2.0
//
// Servers that start together over a file that is left over.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/os/socket_file.h"
#include "support/error_of.h"
#include "support/net.h"
#include "support/socket_path.h"

namespace netpoll::os {
namespace {

constexpr int kServers = 6;

// Broken variant: neither the lock nor the look at /proc/net/unix (several
// owners). Either of the two alone leaves one owner here; SocketFileTest and
// the test below need the look.
TEST(SocketFileStress, ServersThatStartTogetherHaveOneOwner) {
  constexpr int kRounds = 200;
  const test::FdsBalance balance;
  const test::SocketFolder folder;
  const std::string path = folder / "s";
  std::atomic<int> owners{0};
  std::barrier together(kServers + 1);
  const auto serve = [&] {
    for (int round = 0; round < kRounds; ++round) {
      together.arrive_and_wait();  // the file is left over
      auto server = listen_on_file(test::unix_address(path), {});
      if (server) ++owners;
      const auto error = test::error_of(server);
      EXPECT_TRUE(!error || error == std::errc::address_in_use);
      together.arrive_and_wait();  // all have tried
      together.arrive_and_wait();  // the owner was looked at
    }
  };
  std::vector<std::jthread> servers;
  for (int i = 0; i < kServers; ++i)
    servers.emplace_back(serve);
  for (int round = 0; round < kRounds; ++round) {
    if (round == 0) test::leave_stale(path);
    owners = 0;
    together.arrive_and_wait();
    together.arrive_and_wait();
    EXPECT_EQ(owners, 1);
    EXPECT_TRUE(connect_to(test::unix_address(path), test::soon()));
    EXPECT_EQ(folder.size(), 1);
    together.arrive_and_wait();  // they go without removing the file
  }
}

// A foreign server knows no lock, and does not listen yet. Broken variant: no
// look at /proc/net/unix (the rival takes its path).
TEST(SocketFileStress, AForeignServerThatHasBoundKeepsItsPath) {
  constexpr int kRounds = 20;
  const test::SocketFolder folder;
  const std::string path = folder / "s";
  std::atomic<bool> stop{false};
  std::atomic<int> taken{0};
  {
    std::jthread rival([&] {
      while (!stop) {
        auto server = listen_on_file(test::unix_address(path), {});
        if (server) server->file.remove();
      }
    });
    for (int round = 0; round < kRounds; ++round) {
      const UniqueFd foreign(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const Address address = test::unix_address(path);
      while (::bind(foreign.get(), address.data(), address.size()) != 0)
        std::this_thread::yield();
      for (int i = 0; i < 20; ++i)
        std::this_thread::yield();
      if (::access(path.c_str(), F_OK) != 0) ++taken;
      ::unlink(path.c_str());
    }
    stop = true;
  }
  EXPECT_EQ(taken, 0);
}

}  // namespace
}  // namespace netpoll::os
