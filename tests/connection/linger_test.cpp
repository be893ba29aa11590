// SPDX-License-Identifier: Apache-2.0
//
// A close that lingers: the answer must reach a peer that has sent more than we
// have read, though the kernel would answer unread input with a reset.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "connection/census.h"
#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "netpoll/os/half_close.h"
#include "netpoll/os/socket.h"
#include "support/net.h"
#include "support/tcp.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::at_eof;
using test::eventually;
using test::Served;

const RuntimeOptions kOnePoller{.pollers = 1};

// More than the peer's kernel takes before the peer reads.
const std::string& answer() {
  static const std::string text(200'000, 'a');
  return text;
}

// Reads one byte of what may be much more, answers and closes.
void answer_and_close(Connection& conn) {
  EXPECT_FALSE(conn.reader().skip(1));
  conn.writer().write_string(answer());
  EXPECT_FALSE(conn.writer().flush());
  conn.close();
}

// A connection over TCP of which the poller reads one byte: the others stay in
// the kernel.
class Linger : public testing::Test {
 protected:
  // Until the close callbacks have run.
  void close_with_input_unread(milliseconds limit) {
    served.conn().set_max_input(1);
    served.conn().set_linger(limit);
    served.conn().add_close_callback([this](Connection&) { closed.pull(); });
    served.send(std::string(1000, 'q'));
    ASSERT_TRUE(eventually(
        [&] { return os::bytes_waiting(served.conn().fd()) == 1000; }));
    ASSERT_FALSE(served.start());
    ASSERT_TRUE(closed.wait_until(test::soon()));
  }

  Trigger closed;
  Served served{{.on_request = answer_and_close}, kOnePoller, test::tcp_pair};
};

// Broken variant: Connection::must_linger() is false; then the peer gets a
// reset before the end of the answer.
TEST_F(Linger, APeerThatHasSentMoreThanWasReadGetsTheWholeAnswerAndTheEnd) {
  close_with_input_unread(hours(1));
  served.send("more");
  EXPECT_EQ(served.receive(answer().size()), answer());
  EXPECT_TRUE(at_eof(served.far()));
  EXPECT_EQ(served.torn_down(), 0);
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
}

// Broken variant: Connection::begin_linger() sets no timer.
TEST_F(Linger, APeerThatIsSilentIsDropped) {
  close_with_input_unread(milliseconds(1));
  EXPECT_TRUE(served.wait_torn_down());
}

// Broken variant: Connection::must_linger() does not look at linger_limit_;
// then the peer sees an end before the reset.
TEST_F(Linger, WithoutItTheCloseIsAReset) {
  close_with_input_unread(milliseconds(0));
  EXPECT_TRUE(served.wait_torn_down());
  while (true) {
    char room[4096];
    const ssize_t got = ::recv(served.far(), room, sizeof room, 0);
    if (got > 0) continue;
    EXPECT_EQ(got, -1);
    EXPECT_EQ(errno, ECONNRESET);
    break;
  }
}

// Broken variant: Connection::set_linger() does not end a wait.
TEST_F(Linger, SetLingerOfZeroEndsTheWait) {
  close_with_input_unread(hours(1));
  EXPECT_EQ(served.torn_down(), 0);
  served.conn().set_linger(milliseconds(0));
  EXPECT_TRUE(served.wait_torn_down());
}

// A unix socket sends no reset that could overtake the answer. Broken variant:
// every socket that has an address counts as TCP.
TEST(LingerOnUnix, UnreadInputDoesNotHoldUpTheEnd) {
  Served served({.on_request = [](Connection& conn) {
    EXPECT_FALSE(conn.reader().skip(1));
    EXPECT_FALSE(conn.writer().write(test::bytes_of("answer")));
    conn.close();
  }});
  served.conn().set_linger(hours(1));
  ASSERT_FALSE(served.start());
  served.send("request");
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(served.receive(6), "answer");
}

// Stands in for a poller that has taken input from the kernel and was stopped
// before it counted that input: the poller is inside the operator's functions.
class Inside {
 public:
  Inside(Connection& conn, Poller& poller) : conn_(conn), poller_(poller) {
    // It fails while the poller itself is inside.
    EXPECT_TRUE(eventually([&] { return conn.watch().state.enter(); }));
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() {
    if (!conn_.watch().state.leave()) return;
    poller_.detach(conn_);
    conn_.on_detached();
  }

 private:
  FdOperator& conn_;
  Poller& poller_;
};

// Broken variant: Connection::has_uncounted_input() asks only the kernel; then
// the socket is closed at once, and what the peer sends next is a reset.
TEST(LingerInside, InputInThePollersHandsCountsAsUnread) {
  Trigger may_end;
  Trigger closed;
  const auto answer_later = [&](Connection& conn) {
    ASSERT_TRUE(may_end.wait_until(test::soon()));
    EXPECT_FALSE(conn.reader().skip(conn.reader().size()));
    conn.writer().write_string("answer");
    EXPECT_FALSE(conn.writer().flush());
    EXPECT_TRUE(eventually([&] { return os::bytes_unsent(conn.fd()) == 0; }));
    conn.close();
  };
  Served served({.on_request = answer_later}, kOnePoller, test::tcp_pair);
  served.conn().set_linger(hours(1));
  served.conn().add_close_callback([&](Connection&) { closed.pull(); });
  ASSERT_FALSE(served.start());
  served.send("request");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 7; }));
  {
    const Inside poller(served.conn(), served.runtime().pollers().next());
    may_end.pull();
    ASSERT_TRUE(closed.wait_until(test::soon()));
    EXPECT_EQ(served.receive(6), "answer");
    EXPECT_TRUE(at_eof(served.far()));  // the FIN of a close that lingers
  }
  EXPECT_EQ(served.torn_down(), 0);
  served.send("more");
  EXPECT_TRUE(
      eventually([&] { return os::bytes_waiting(served.conn().fd()) == 0; }));
  EXPECT_TRUE(at_eof(served.far()));
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
}

// Input is full, so the poller is about to stop watching for more when our close
// begins to linger, and to watch for it. This thread holds the lock that both
// need, and mostly is the first to take it again.
void close_while_the_poller_pauses(Served& served) {
  FdOperator& op = served.conn();
  {
    const Lock lock(op.watch().control);
    served.send("two");
    ASSERT_TRUE(eventually([&] { return served.conn().reader().is_paused(); }));
    test::give_others_a_chance();
  }
  served.conn().close();
}

// Broken variant: Connection::on_readable() does not call go_on_lingering();
// then the poller reads no more, and the peer never gets rid of what it sends.
TEST(LingerInside, AFullInputDoesNotStopIt) {
  static const std::string much(1 << 20, 'x');
  for (int round = 0; round < 20; ++round) {
    Served served({}, kOnePoller, test::tcp_pair);
    served.conn().set_linger(hours(1));
    served.conn().set_max_input(1);
    ASSERT_FALSE(served.start());
    served.conn().writer().write_string("answer");
    ASSERT_FALSE(served.conn().writer().flush());
    close_while_the_poller_pauses(served);
    ASSERT_TRUE(served.send(much));
    served.half_close();
    ASSERT_TRUE(served.wait_torn_down()) << "round " << round;
  }
}

// As a dialled connection: the user closes it, and ends the runtime at once.
// Broken variant: Poller::run() does not fire its last timers; then the
// descriptor stays open.
TEST(LingerAndRuntime, TheEndOfTheRuntimeEndsTheWait) {
  const test::FdsBalance balance;
  test::Census census;
  const Handlers none;
  test::Pair pair = test::tcp_pair();
  auto runtime = *Runtime::start(kOnePoller);
  auto conn = make_ref<Connection>(*runtime, std::move(pair.near), Address(),
                                   none, ConnectionOptions{.linger = hours(1)});
  census.join(*conn);
  ASSERT_FALSE(conn->start());
  test::send_all(pair.far.get(), "unread");
  EXPECT_TRUE(eventually([&] { return conn->reader().size() == 6; }));
  conn->writer().write_string("answer");
  ASSERT_FALSE(conn->writer().flush());
  conn->close();
  conn = nullptr;
  test::turn_over(runtime->pollers().next());
  EXPECT_EQ(census.live(), 1);  // it lingers
  runtime.reset();
  EXPECT_EQ(census.live(), 0);
  EXPECT_EQ(census.wrong(), 0);
  EXPECT_EQ(test::receive(pair.far.get(), 6), "answer");
  EXPECT_TRUE(at_eof(pair.far.get()));
}

}  // namespace
}  // namespace netpoll
