// SPDX-License-Identifier: Apache-2.0
//
// Upstream: net_dialer_test.go, netpoll_unix_test.go:474.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "client/dialer.h"
#include "os/socket.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;

class DialUpstream : public testing::Test {
 protected:
  DialedConnection dial_it() {
    return *dial(*runtime, "tcp", address.to_string());
  }
  // The far end of what was dialled first.
  UniqueFd accept() {
    UniqueFd fd = (**os::accept4(listener.get())).fd;
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
    test::limit_waiting(fd.get());
    return fd;
  }

  const test::FdsBalance balance;
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  UniqueFd listener = *os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  Address address = *Address::local_of(listener.get());
};

// Broken variant: the constructor of Connection does not call set_no_delay().
TEST_F(DialUpstream, SmallPacketsAreSentAtOnceFromTheStart) {
  const DialedConnection conn = dial_it();
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ::getsockopt(conn->fd(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  EXPECT_NE(no_delay, 0);
}

// Broken variant: Output::send_all() leaves it to the poller and does not wait.
TEST_F(DialUpstream, WhatWasFlushedBeforeTheCloseArrives) {
  const std::string packet(5'000, 'x');
  for (int i = 0; i < 10; ++i) {
    auto conn = std::make_unique<DialedConnection>(dial_it());
    const UniqueFd far = accept();
    (*conn)->writer().write_string(packet);
    EXPECT_FALSE((*conn)->writer().flush());
    conn.reset();
    EXPECT_EQ(test::receive(far.get(), packet.size() + 1), packet);
  }
}

// Else another thread's new descriptor might get the number that the user
// still reads from. Broken variant: ready_to_tear_down() does not ask whether
// the user has closed.
TEST_F(DialUpstream, KeepsItsDescriptorUntilItsUserCloses) {
  for (int i = 0; i < 20; ++i) {
    auto conn = std::make_unique<DialedConnection>(dial_it());
    const int fd = (*conn)->fd();
    test::send_all(accept().get(), "bye");  // and the far end goes
    EXPECT_TRUE(eventually([&] { return !(*conn)->is_active(); }));
    test::give_others_a_chance();
    EXPECT_EQ(Address::local_of(fd)->to_string(),
              (*conn)->local_addr().to_string());
    conn.reset();
  }
}

}  // namespace
}  // namespace netpoll
