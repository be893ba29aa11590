// SPDX-License-Identifier: Apache-2.0
//
// Names, near ends, handlers: what DialOptions can say.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "client/support.h"
#include "netpoll/client/dialer.h"
#include "netpoll/os/socket.h"
#include "support/error_of.h"
#include "support/fds.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::eventually;
using test::FdsBalance;
using test::tcp;

class DialOptionsTest : public testing::Test {
 protected:
  Result<DialedConnection> dial_name(const DialOptions& options) {
    return dial(*runtime, "tcp", "example:http", options);
  }
  DialOptions with(Handlers handlers) {
    return {.handlers = std::move(handlers), .lookup = found};
  }
  UniqueFd accept() {
    UniqueFd fd = (**os::accept4(listener.get())).fd;
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
    test::limit_waiting(fd.get());
    return fd;
  }
  bool nobody_waits() { return !os::accept4(listener.get())->has_value(); }

  const FdsBalance balance;
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  UniqueFd listener = *os::listen_on(tcp("127.0.0.1:0"));
  const Address address = *Address::local_of(listener.get());
  const os::Lookup found = test::answering({address});
};

TEST_F(DialOptionsTest, NameIsLookedUp) {
  const auto conn = dial_name({.timeout = test::kPatience, .lookup = found});
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), address.to_string());
}

TEST_F(DialOptionsTest, LocalhostNeedsNoLookupOfOurs) {
  const std::string name = "localhost:" + std::to_string(address.port());
  const auto conn = dial(*runtime, "tcp4", name, test::kPatience);
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), address.to_string());
}

TEST_F(DialOptionsTest, NoHostIsThisMachine) {
  const auto conn = dial(*runtime, "tcp", ":" + std::to_string(address.port()));
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), address.to_string());
}

TEST_F(DialOptionsTest, NextAddressIsTriedWhenOneRefuses) {
  const auto both = test::answering({test::unused_address(), address});
  const auto conn = dial_name({.lookup = both});
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), address.to_string());
}

TEST_F(DialOptionsTest, DeadlineCoversTheLookup) {
  std::latch go_on(1);
  const auto kept = std::make_shared<int>();  // by the lookup
  DialOptions options{.timeout = milliseconds(20)};
  options.lookup = [&go_on, kept](std::string_view, const HostPort&) {
    go_on.wait();
    return Result<os::Addresses>(os::Addresses{});
  };
  EXPECT_EQ(error_of(dial_name(options)), Errc::dial_timeout);
  go_on.count_down();
  EXPECT_TRUE(eventually([&] { return kept.use_count() == 2; }));
}

// A listener whose queue is full never answers.
TEST_F(DialOptionsTest, DeadlineCoversAllAddresses) {
  const UniqueFd silent = *os::listen_on(tcp("127.0.0.2:0"), {.backlog = 1});
  const Address there = *Address::local_of(silent.get());
  const UniqueFd first = *os::connect_to(there, test::soon());
  const UniqueFd second = *os::connect_to(there, test::soon());
  const auto conn = dial_name({.timeout = milliseconds(20),
                               .attempt_delay = milliseconds(1),
                               .lookup = test::answering({there, there})});
  ASSERT_FALSE(conn);
  EXPECT_EQ(conn.error(), Errc::dial_timeout);
  EXPECT_EQ(conn.error(), Condition::timed_out);
}

TEST_F(DialOptionsTest, NextAddressIsTriedWhenOneNeverAnswers) {
  const UniqueFd silent = *os::listen_on(tcp("127.0.0.2:0"), {.backlog = 1});
  const Address there = *Address::local_of(silent.get());
  const UniqueFd first = *os::connect_to(there, test::soon());
  const UniqueFd second = *os::connect_to(there, test::soon());
  const auto conn = dial_name({.timeout = test::kPatience,
                               .attempt_delay = milliseconds(1),
                               .lookup = test::answering({there, address})});
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*conn)->remote_addr().to_string(), address.to_string());
}

TEST_F(DialOptionsTest, LocalIsTheNearEnd) {
  const auto conn = dial_name({.local = "127.0.0.9:0", .lookup = found});
  ASSERT_TRUE(conn) << conn.error().message();
  const std::string near = (*conn)->local_addr().to_string();
  EXPECT_TRUE(near.starts_with("127.0.0.9:")) << near;
}

TEST_F(DialOptionsTest, LocalPicksTheAddressesOfItsFamily) {
  const auto both = test::answering({tcp("[::1]:1"), address});
  EXPECT_TRUE(dial_name({.local = "127.0.0.1:0", .lookup = both}));
  EXPECT_EQ(error_of(dial_name({.local = "[::1]:0", .lookup = found})),
            Errc::invalid_argument);
  EXPECT_EQ(error_of(dial_name({.local = "nowhere", .lookup = found})),
            Errc::missing_port);
}

TEST_F(DialOptionsTest, UnixSocketCanHaveANameOfItsOwn) {
  const std::string name = "@netpoll-options-" + std::to_string(::getpid());
  const UniqueFd server = *os::listen_on(*Address::parse("unix", name));
  const auto conn = dial(*runtime, "unix", name, {.local = name + "-client"});
  ASSERT_TRUE(conn) << conn.error().message();
  EXPECT_EQ((*os::accept4(server.get()))->peer.to_string(), name + "-client");
}

TEST_F(DialOptionsTest, TimeoutsAreThoseOfTheOptions) {
  const auto conn = dial_name(
      {.options = {.read_timeout = milliseconds(5)}, .lookup = found});
  ASSERT_TRUE(conn);
  EXPECT_EQ(error_of((*conn)->reader().next(1)), Errc::read_timeout);
}

TEST_F(DialOptionsTest, HandlersAnswerTheServer) {
  std::atomic<bool> prepared{false};
  const auto here = std::this_thread::get_id();
  const auto conn = dial_name(with({
      .on_prepare =
          [&](Connection&) { prepared = std::this_thread::get_id() == here; },
      .on_connect =
          [](Connection& it) {
            it.writer().write_string("hello ");
            EXPECT_FALSE(it.writer().flush());
          },
      .on_request =
          [](Connection& it) {
            it.writer().write_string(
                *it.reader().read_string(it.reader().size()));
            EXPECT_FALSE(it.writer().flush());
          },
  }));
  ASSERT_TRUE(conn);
  EXPECT_TRUE(prepared);
  const UniqueFd far = accept();
  EXPECT_EQ(test::receive(far.get(), 6), "hello ");
  test::send_all(far.get(), "you");
  EXPECT_EQ(test::receive(far.get(), 3), "you");
}

// Upstream: TestListenerDialer.
TEST_F(DialOptionsTest, HandlerMayCloseAndTheCallbackRuns) {
  std::latch closed(1);
  const auto conn =
      dial_name(with({.on_request = [](Connection& it) { it.close(); }}));
  ASSERT_TRUE(conn);
  (*conn)->add_close_callback([&](Connection&) { closed.count_down(); });
  const UniqueFd far = accept();
  test::send_all(far.get(), "x");
  closed.wait();
  EXPECT_FALSE((*conn)->is_active());
}

TEST_F(DialOptionsTest, ServersEndIsToldToOnDisconnect) {
  std::latch gone(1);
  const auto conn = dial_name(
      with({.on_disconnect = [&](Connection&) { gone.count_down(); }}));
  ASSERT_TRUE(conn);
  accept().reset();
  gone.wait();
  EXPECT_FALSE((*conn)->is_active());
}

TEST_F(DialOptionsTest, CloseInOnPrepareIsConnClosed) {
  const auto conn =
      dial_name(with({.on_prepare = [](Connection& it) { it.close(); }}));
  ASSERT_FALSE(conn);
  EXPECT_EQ(conn.error(), Errc::conn_closed);
}

TEST_F(DialOptionsTest, HandlersLiveAsLongAsTheConnection) {
  const auto kept = std::make_shared<std::string>("x");
  std::latch entered(1);
  std::latch leave(1);
  std::atomic<bool> same{false};
  {
    const auto conn = dial_name(with({.on_request = [&, kept](Connection&) {
      entered.count_down();
      leave.wait();
      same = *kept == "x";
    }}));
    ASSERT_TRUE(conn);
    test::send_all(accept().get(), "x");
    entered.wait();
  }  // the user has let go; the handler has not
  EXPECT_GT(kept.use_count(), 1);
  leave.count_down();
  EXPECT_TRUE(eventually([&] { return kept.use_count() == 1; }));
  EXPECT_TRUE(same);
}

TEST_F(DialOptionsTest, WithoutDescriptorsNothingIsLeftOpen) {
  const auto before = test::fds();
  {
    const test::NoMoreFds limit;
    EXPECT_EQ(error_of(dial_name({.lookup = found})),
              std::errc::too_many_files_open);
    EXPECT_EQ(
        error_of(dial_name({.timeout = test::kPatience, .lookup = found})),
        std::errc::too_many_files_open);
  }
  EXPECT_EQ(test::fds().size(), before.size());
  EXPECT_TRUE(nobody_waits());
  EXPECT_TRUE(dial_name({.lookup = found}));
}

}  // namespace
}  // namespace netpoll
