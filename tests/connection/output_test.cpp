// SPDX-License-Identifier: Apache-2.0
#include "netpoll/connection/output.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <string>

#include "netpoll/os/socket.h"
#include "poller/support.h"
#include "support/net.h"
#include "support/tcp.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using test::receive;

// More than a socket takes; no piece of it looks like another.
const std::string& much() {
  static const std::string text = [] {
    std::string all;
    while (all.size() < (4u << 20))
      all += std::to_string(all.size()) + ' ';
    return all;
  }();
  return text;
}

// The output of an operator that does nothing but drain.
class OutputTest : public PollerTest {
 protected:
  OutputTest() {
    left = 0;
    op->writable = [this](Op&) {
      ++rooms;
      ConsumedNodes sent;
      static_cast<void>(output.drain(sent));
    };
    EXPECT_FALSE(poller->add(*op));
  }
  ~OutputTest() override { poller->detach(*op); }

  auto flush_elsewhere() {
    return std::async(std::launch::async, [this] { return output.flush(); });
  }
  // A flush that sleeps: the far end reads nothing.
  auto flush_to_a_full_socket() {
    output.write_string(much());
    auto result = flush_elsewhere();
    EXPECT_TRUE(eventually([&] { return !output.is_empty(); }));
    return result;
  }
  void close(ClosedBy by) {
    static_cast<void>(by == ClosedBy::user ? life.user_closed()
                                           : life.peer_ended(by));
    output.wake();
  }

  // How often the last thread that sends has left after a stop().
  static inline std::atomic<int> left{0};
  Lifecycle life{false};
  Activity activity;
  Mutex mutex;
  Output output{life,     *poller, *op,
                activity, mutex,   [](FdOperator&) { ++left; }};
  std::atomic<int> rooms{0};  // how often the socket was reported writable
};

TEST_F(OutputTest, SendsNothingBeforeFlush) {
  output.write_string("hello");
  EXPECT_EQ(output.malloc_size(), 5u);
  EXPECT_EQ(os::bytes_waiting(pair.far.get()), 0u);
  EXPECT_FALSE(output.flush());
  EXPECT_EQ(receive(pair.far.get(), 5), "hello");
}

TEST_F(OutputTest, SendsEverythingThatWasWrittenInOrder) {
  std::memcpy(output.malloc(2).data(), "ab", 2);
  output.write_byte(std::byte{'c'});
  output.write_binary(test::bytes_of("de"));
  output.write_string("fgh");
  EXPECT_FALSE(output.malloc_ack(7));
  EXPECT_FALSE(output.flush());
  EXPECT_EQ(receive(pair.far.get(), 7), "abcdefg");
  EXPECT_EQ(os::bytes_waiting(pair.far.get()), 0u);
}

// Broken variants: write() does not flush; it hands over the bytes themselves.
TEST_F(OutputTest, WriteSendsACopyAtOnce) {
  std::string text = "hello";
  EXPECT_FALSE(output.write(test::bytes_of(text)));
  EXPECT_EQ(receive(pair.far.get(), 5), "hello");
  EXPECT_EQ(output.malloc_size(), 0u);

  std::string large = much();
  output.limit().set_deadline(Deadline::clock::now());
  EXPECT_EQ(output.write(test::bytes_of(large)), Errc::write_timeout);
  std::ranges::fill(large, '!');  // most of it is not sent yet
  output.limit().set_deadline(kNever);
  auto rest = flush_elsewhere();
  EXPECT_EQ(receive(pair.far.get(), much().size()), much());
  EXPECT_FALSE(rest.get());
}

TEST_F(OutputTest, FlushOfNothingIsFine) {
  EXPECT_FALSE(output.flush());
  EXPECT_TRUE(output.is_empty());
}

TEST_F(OutputTest, DoesNotWatchForRoomThatItDoesNotNeed) {
  output.write_string("hello");
  EXPECT_FALSE(output.flush());
  test::turn_over(*poller);
  EXPECT_EQ(rooms, 0);
}

TEST_F(OutputTest, FlushToAFullSocketSendsTheRestWhenThereIsRoom) {
  auto result = flush_to_a_full_socket();
  EXPECT_EQ(receive(pair.far.get(), much().size()), much());
  EXPECT_FALSE(result.get());
  EXPECT_TRUE(output.is_empty());
  EXPECT_GT(rooms, 0);
}

TEST_F(OutputTest, NoLongerWatchesForRoomWhenAllIsSent) {
  auto result = flush_to_a_full_socket();
  receive(pair.far.get(), much().size());
  EXPECT_FALSE(result.get());
  test::turn_over(*poller);  // an event that epoll had reported before
  const int before = rooms;
  test::turn_over(*poller);
  EXPECT_EQ(rooms, before);
}

TEST_F(OutputTest, SecondFlusherIsRefused) {
  auto result = flush_to_a_full_socket();
  EXPECT_EQ(output.flush(), Errc::concurrent_access);
  receive(pair.far.get(), much().size());
  EXPECT_FALSE(result.get());
}

TEST_F(OutputTest, FlushGivesUpAfterItsTimeout) {
  output.limit().set_timeout(milliseconds(20));
  const Deadline start = Deadline::clock::now();
  auto result = flush_to_a_full_socket();
  EXPECT_EQ(result.get(), Errc::write_timeout);
  EXPECT_GE(Deadline::clock::now() - start, milliseconds(20));
  EXPECT_FALSE(output.is_empty());
}

TEST_F(OutputTest, E2Row13FlushAfterATimeoutSendsTheRestOnce) {
  output.limit().set_timeout(milliseconds(1));
  EXPECT_EQ(flush_to_a_full_socket().get(), Errc::write_timeout);
  output.limit().set_timeout(milliseconds(0));
  output.write_string("the end");
  auto result = flush_elsewhere();
  const std::string all = much() + "the end";
  EXPECT_EQ(receive(pair.far.get(), all.size()), all);
  EXPECT_FALSE(result.get());
  EXPECT_EQ(os::bytes_waiting(pair.far.get()), 0u);
}

// As a wake that a timed-out flush left behind, but for certain.
TEST_F(OutputTest, E2Row13ALeftOverWakeDoesNotEndAFlush) {
  output.wake();
  auto result = flush_to_a_full_socket();
  output.wake();
  test::give_others_a_chance();
  EXPECT_EQ(result.wait_for(milliseconds(0)), std::future_status::timeout);
  EXPECT_EQ(receive(pair.far.get(), much().size()), much());
  EXPECT_FALSE(result.get());
}

TEST_F(OutputTest, NegativeTimeoutChangesNothing) {
  output.limit().set_timeout(milliseconds(1));
  output.limit().set_timeout(milliseconds(-1));
  EXPECT_EQ(flush_to_a_full_socket().get(), Errc::write_timeout);
}

TEST_F(OutputTest, CloseEndsAFlushThatSleeps) {
  auto result = flush_to_a_full_socket();
  close(ClosedBy::user);
  EXPECT_EQ(result.get(), Errc::conn_closed);
}

TEST_F(OutputTest, FlushAfterACloseIsRefused) {
  close(ClosedBy::user);
  output.write_string("too late");
  EXPECT_EQ(output.flush(), Errc::conn_closed);
  EXPECT_EQ(os::bytes_waiting(pair.far.get()), 0u);
}

TEST_F(OutputTest, FlushAfterTheTearDownIsRefused) {
  EXPECT_TRUE(output.stop());
  output.write_string("too late");
  EXPECT_EQ(output.flush(), Errc::conn_closed);
  EXPECT_EQ(os::bytes_waiting(pair.far.get()), 0u);
}

TEST_F(OutputTest, PeerThatFinishedSendingIsWrittenToUntilTheSocketFails) {
  close(ClosedBy::peer);
  output.write_string("answer");
  EXPECT_FALSE(output.flush());
  EXPECT_EQ(receive(pair.far.get(), 6), "answer");
  close(ClosedBy::error);
  EXPECT_EQ(output.flush(), Errc::conn_closed);
}

// Broken variant: stop() says that no thread sends while one does; then the
// descriptor is closed under that thread's sendmsg().
TEST_F(OutputTest, StopDuringAFlushIsFinishedByTheFlush) {
  auto result = flush_to_a_full_socket();
  EXPECT_FALSE(output.stop());
  EXPECT_EQ(result.get(), Errc::conn_closed);
  EXPECT_TRUE(eventually([&] { return left == 1; }));
  EXPECT_FALSE(output.is_busy());
}

TEST_F(OutputTest, ShutSendsTheEndAfterWhatWasFlushed) {
  output.write_string("last");
  EXPECT_FALSE(output.flush());
  EXPECT_FALSE(output.shut() || output.shut());
  EXPECT_EQ(receive(pair.far.get(), 4), "last");
  EXPECT_TRUE(test::at_eof(pair.far.get()));
  EXPECT_EQ(output.flush(), Errc::conn_closed);
}

TEST_F(OutputTest, ShutDuringAFlushSendsTheEndBehindIt) {
  auto result = flush_to_a_full_socket();
  EXPECT_FALSE(output.shut());
  EXPECT_EQ(receive(pair.far.get(), much().size()), much());
  EXPECT_FALSE(result.get());
  EXPECT_TRUE(test::at_eof(pair.far.get()));
}

TEST_F(OutputTest, ShutSendsWhatAWriteTimeoutHasLeft) {
  output.limit().set_timeout(milliseconds(1));
  EXPECT_EQ(flush_to_a_full_socket().get(), Errc::write_timeout);
  output.limit().set_timeout(milliseconds(0));
  EXPECT_FALSE(output.shut());
  EXPECT_EQ(receive(pair.far.get(), much().size()), much());
  EXPECT_TRUE(test::at_eof(pair.far.get()));
}

TEST_F(OutputTest, ShutOfAClosedConnectionIsRefused) {
  close(ClosedBy::user);
  EXPECT_EQ(output.shut(), Errc::conn_closed);
}

// A socket over TCP takes more than 1 MiB before the far end reads. Broken
// variant: no bound; then one turn sends all that the socket takes.
TEST_F(OutputTest, OneTurnSendsAMebibyteAtMost) {
  constexpr std::uint64_t kMost = 1 << 20;
  test::Pair tcp = test::tcp_pair();
  const Ref<Op> it = make_ref<Op>(tcp.near.get());
  Output out(life, *poller, *it, activity, mutex, [](FdOperator&) {});
  std::uint64_t most = 0;
  it->writable = [&](Op&) {
    const std::uint64_t before = out.sent();
    ConsumedNodes sent;
    static_cast<void>(out.drain(sent));
    most = std::max(most, out.sent() - before);
  };
  ASSERT_FALSE(poller->add(*it));
  out.write_string(std::string(16 << 20, 'x'));
  std::uint64_t flushed = 0;
  on_poller([&] {
    EXPECT_FALSE(out.flush());
    flushed = out.sent();
  });
  EXPECT_EQ(flushed, kMost);  // else this test shows nothing
  EXPECT_EQ(receive(tcp.far.get(), 16 << 20).size(), 16u << 20);
  EXPECT_TRUE(eventually([&] { return !out.is_unattended(); }));
  poller->detach(*it);
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, kMost);
}

TEST_F(OutputTest, FlushToAPeerThatIsGoneIsTheSystemsError) {
  pair.far.reset();
  output.write_string("hello");
  EXPECT_EQ(output.flush(), std::errc::broken_pipe);
}

TEST_F(OutputTest, PeerThatGoesEndsAFlushThatSleeps) {
  auto result = flush_to_a_full_socket();
  pair.far.reset();
  EXPECT_EQ(result.get(), std::errc::broken_pipe);
}

}  // namespace
}  // namespace netpoll
