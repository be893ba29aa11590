// SPDX-License-Identifier: Apache-2.0
//
// Upstream: net_dialer_test.go, net_listener_test.go:28, connection_test.go:641,
// netpoll_unix_test.go:474.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <system_error>

#include "netpoll/client/dialer.h"
#include "netpoll/os/socket.h"
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

// TestListenerDialer: the handler comes after the dial. Broken variant:
// set_on_request() leaves input that is there already to the next byte.
TEST_F(DialUpstream, HandlerSetAfterTheDialMayClose) {
  for (int i = 0; i < 10; ++i) {
    std::latch closed(1);
    std::atomic<bool> asked{false};
    const DialedConnection conn = dial_it();
    const UniqueFd far = accept();
    conn->add_close_callback([&](Connection&) { closed.count_down(); });
    test::send_all(far.get(), "0123456789");
    EXPECT_TRUE(eventually([&] { return conn->reader().size() == 10; }));
    conn->set_on_request([&](Connection& it) {
      asked = true;
      it.close();
    });
    closed.wait();
    EXPECT_TRUE(asked);
    EXPECT_TRUE(test::at_eof(far.get()));
  }
}

// TestConnectionServerClose, the client's side. Broken variant: a handler that
// waits is not woken by the peer's end.
TEST_F(DialUpstream, HandlerAnswersWaitsForTheServersEndAndCloses) {
  std::latch closed(1);
  std::error_code end;
  const DialOptions options{.handlers = {.on_request = [&](Connection& it) {
                              EXPECT_EQ(it.reader().read_string(4), "ping");
                              EXPECT_FALSE(
                                  it.writer().write(test::bytes_of("pong")));
                              end = it.reader().next(1).error();
                              it.close();
                            }}};
  const auto conn = dial(*runtime, "tcp", address.to_string(), options);
  ASSERT_TRUE(conn);
  (*conn)->add_close_callback([&](Connection&) { closed.count_down(); });
  UniqueFd far = accept();
  test::send_all(far.get(), "ping");
  EXPECT_EQ(test::receive(far.get(), 4), "pong");
  far.reset();
  closed.wait();
  EXPECT_EQ(end, Errc::eof);
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
