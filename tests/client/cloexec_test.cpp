// SPDX-License-Identifier: Apache-2.0
//
// A child that this process starts inherits nothing of the library.
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "netpoll/client/dialer.h"
#include "netpoll/server/event_loop.h"
#include "netpoll/server/listener.h"
#include "support/fds.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;

TEST(Cloexec, E2Row14IsSetOnWhateverTheLibraryOpens) {
  const test::FdsBalance balance;
  const test::Fds before = test::fds();
  const auto runtime = *Runtime::start({.pollers = 2});
  EventLoop loop(*runtime, {.on_request = [](Connection&) {}});
  std::vector<DialedConnection> dialled;
  const std::string name = "@netpoll-cloexec-" + std::to_string(::getpid());
  for (const auto& [network, where] :
       {std::pair<std::string, std::string>{"tcp", "127.0.0.1:0"},
        {"unix", name}}) {
    auto listener = Listener::listen(network, where);
    ASSERT_TRUE(listener);
    const std::string address = listener->address().to_string();
    ASSERT_FALSE(loop.start(*std::move(listener)));
    dialled.push_back(*dial(*runtime, network, address, test::kPatience));
  }
  ASSERT_TRUE(eventually([&] { return loop.active() == 2; }));

  std::size_t opened = 0;
  for (const auto& [fd, what] : test::fds()) {
    if (before.contains({fd, what}) || what.ends_with("/fd")) continue;
    ++opened;
    EXPECT_TRUE(test::is_cloexec(fd)) << fd << " " << what;
  }
  // An epoll and an eventfd for each poller; two listeners, two connections
  // with two ends each.
  EXPECT_GE(opened, 2u * 2 + 2 + 2 * 2);
}

}  // namespace
}  // namespace netpoll
