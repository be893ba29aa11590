// SPDX-License-Identifier: Apache-2.0
//
// Bugs of the original that a connection must not have, by their rows in
// tests/upstream_bugs.tsv.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <string>
#include <utility>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/log_lines.h"
#include "support/net.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::echo;
using test::eventually;
using test::Pair;
using test::Served;
using test::swallow;

int option_of(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

// Upstream asks each socket for zero-copy, which it never uses, by way of an
// option of its authors' own kernel; on others 69 means busy polling.
TEST(Connection, E1Row395AsksTheSocketForNoZeroCopy) {
  constexpr int kPreferBusyPoll = 69;
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 1});
  const Handlers none;
  Pair pair = test::tcp_pair();
  const auto conn =
      make_ref<Connection>(*runtime, std::move(pair.near), Address(), none);
  ASSERT_FALSE(conn->start());
  EXPECT_EQ(option_of(conn->fd(), SOL_SOCKET, SO_ZEROCOPY), 0);
  EXPECT_EQ(option_of(conn->fd(), SOL_SOCKET, kPreferBusyPoll), 0);
  conn->close();
}

TEST(WaitLimit, E1Row404ATimeoutTakesTheDeadlineAway) {
  const Deadline past = Deadline::clock::now() - milliseconds(1);
  WaitLimit limit;
  limit.set_timeout(milliseconds(1'000'000));
  limit.set_deadline(past);
  EXPECT_EQ(limit.from_now(), past);
  limit.set_timeout(milliseconds(0));
  EXPECT_EQ(limit.from_now(), kNever);
}

TEST(Connection, E1Row404DeadlinesComeBeforeTimeouts) {
  Served served({});
  ASSERT_FALSE(served.start());
  Connection& conn = served.conn();
  conn.set_read_timeout(test::kPatience);
  conn.set_write_timeout(test::kPatience);
  conn.set_deadline(Deadline::clock::now() - milliseconds(1));
  const Deadline start = Deadline::clock::now();
  EXPECT_EQ(conn.reader().next(1).error(), Errc::read_timeout);
  conn.writer().write_string(std::string(4 << 20, 'x'));
  EXPECT_EQ(conn.writer().flush(), Errc::write_timeout);
  EXPECT_LT(Deadline::clock::now() - start, test::kPatience);
  EXPECT_TRUE(conn.is_active());
}

// Upstream: TestWriterAfterClose, which came with the repair.
TEST(ConnectionEnd, E1Row416WritingAfterItIsHarmlessAndFlushTells) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().close();
  ASSERT_TRUE(served.wait_torn_down());
  Output& writer = served.conn().writer();
  LinkBuffer other;
  other.write_string("late ");
  std::memcpy(writer.malloc(4).data(), "too ", 4);
  EXPECT_FALSE(writer.malloc_ack(4));
  writer.append(std::move(other));
  writer.write_string("to ");
  writer.write_binary(test::bytes_of("be "));
  EXPECT_FALSE(writer.write_direct(Block::owned(std::string("sent"))));
  writer.write_byte(std::byte{'!'});
  EXPECT_EQ(writer.malloc_size(), 20u);
  EXPECT_EQ(writer.flush(), Errc::conn_closed);
  EXPECT_EQ(writer.write(test::bytes_of("x")), Errc::conn_closed);
  EXPECT_TRUE(test::at_eof(served.far()));
}

// Upstream's option of this name turns TCP's keepalive on, and no more.
TEST(ConnectionEnd, E1Row419AnIdleTimeoutClosesWhoIsIdle) {
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 1});
  const Handlers handlers{.on_request = swallow};
  std::atomic<int> torn_down{0};
  Pair pair = test::tcp_pair();
  const auto conn = make_ref<Connection>(
      *runtime, std::move(pair.near), Address(), handlers,
      ConnectionOptions{.idle_timeout = milliseconds(1'000'000)});
  ASSERT_FALSE(conn->start([&](Connection&) { ++torn_down; }));
  EXPECT_EQ(option_of(conn->fd(), SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_TRUE(conn->is_active());
  conn->set_idle_timeout(milliseconds(1));
  EXPECT_TRUE(test::at_eof(pair.far.get()));
  EXPECT_TRUE(eventually([&] { return torn_down == 1; }));
}

// Upstream warns of what it read last, with a number that counts its locks.
TEST(ConnectionEnd, E1RowReadallThePeersEndIsNoNewsForTheLog) {
  const test::LogLines lines;
  for (const bool reads : {true, false}) {
    Served served({.on_request = reads ? Handler(swallow) : Handler()});
    served.send("last words");
    ASSERT_FALSE(served.start());
    served.close_far();
    EXPECT_TRUE(served.end());
  }
  EXPECT_TRUE(lines.all().empty());
}

TEST(Connection, E2Row1ATaskThatRunsCallsTheHandlerSetMeanwhile) {
  std::string seen;
  Served served({.on_request = [&](Connection& conn) {
    seen += "old:" + *conn.reader().read_string(1);
    conn.set_on_request(
        [&](Connection& it) { seen += " new:" + *it.reader().read_string(1); });
  }});
  served.send("abc");
  ASSERT_FALSE(served.start());
  served.half_close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(seen, "old:a new:b new:c");
}

TEST(Connection, E2Row1AHandlerSetInOnConnectIsTheOneThatIsCalled) {
  std::string seen;
  Served served({.on_connect =
                     [&](Connection& conn) {
                       conn.set_on_request([&](Connection& it) {
                         seen += "new";
                         swallow(it);
                       });
                     },
                 .on_request =
                     [&](Connection& conn) {
                       seen += "old";
                       swallow(conn);
                     }});
  served.send("x");
  ASSERT_FALSE(served.start());
  served.half_close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(seen, "new");
}

// The test's own end of a pair becomes the descriptor `number`.
UniqueFd renumbered(UniqueFd fd, int number) {
  if (fd.get() == number) return fd;
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, number));
}

// Upstream's operators and our descriptors are used again: what is left of a
// connection must touch neither. The reader's release() of a full input is the
// call that goes back to the poller.
TEST(ConnectionEnd, E2Row2AReleaseAfterItTouchesNobodyElse) {
  Served old({});
  old.conn().set_max_input(4);
  ASSERT_FALSE(old.start());
  old.send("more than four");
  ASSERT_TRUE(eventually([&] { return old.conn().reader().is_paused(); }));
  const int number = old.conn().fd();
  old.conn().close();
  ASSERT_TRUE(old.wait_torn_down());

  const Handlers handlers{.on_request = echo};
  std::atomic<int> torn_down{0};
  Pair pair = test::socket_pair();
  const auto heir = make_ref<Connection>(
      old.runtime(), renumbered(std::move(pair.near), number), Address(),
      handlers);
  ASSERT_EQ(heir->fd(), number);
  ASSERT_FALSE(heir->start([&](Connection&) { ++torn_down; }));

  EXPECT_FALSE(old.conn().reader().skip(4));
  old.conn().reader().release();
  test::send_all(pair.far.get(), "are you there");
  EXPECT_EQ(test::receive(pair.far.get(), 13), "are you there");
  heir->close();
  EXPECT_TRUE(eventually([&] { return torn_down == 1; }));
}

// We closed, not the peer, whether on_connect still ran or not.
TEST(ConnectionEnd, E2Row11OurCloseInOnConnectIsNotToldToOnDisconnect) {
  std::atomic<int> told{0};
  Served served({.on_connect = [](Connection& conn) { conn.close(); },
                 .on_disconnect = [&](Connection&) { ++told; }});
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(served.end());
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace netpoll
