// SPDX-License-Identifier: Apache-2.0
// In which order a connection's end is told. The handlers run on the poller
// (inline), and each step waits for whole turns of it, so that each run is the
// same.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/tcp.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using Told = std::vector<std::string>;

// One connection, and what its user is told.
class EndExercise : public testing::Test {
 protected:
  ~EndExercise() override {
    over_ = true;
    far_.reset();
    turns();
    if (gone_) return;
    conn_->close();
    turns();
    if (!gone_) poller().detach(*conn_);  // it would never end
  }

  void serve(Handlers handlers, const RuntimeOptions& options = test::kInline,
             test::Pair (*make_pair)() = test::socket_pair) {
    handlers_ = std::move(handlers);
    runtime_ = *Runtime::start(options);
    test::Pair pair = make_pair();
    far_ = std::move(pair.far);
    const auto conn = make_ref<Connection>(*runtime_, std::move(pair.near),
                                           Address(), handlers_);
    conn_ = conn.get();
    held_ = conn;
  }
  void start() {
    const auto error = conn_->start([this](Connection& it) {
      note("gone");
      gone_ = true;
      if (when_gone_ && !over_) when_gone_(it);
    });
    EXPECT_FALSE(error);
  }

  // `what`, and whether the socket is still open: its peer would see the end.
  void note(const std::string& what) {
    if (over_) return;
    char byte = 0;
    const ssize_t n = ::recv(far_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool open = n > 0 || (n < 0 && errno == EAGAIN);
    told_.push_back(what + (open ? ", open" : ", closed"));
  }
  void half_close() const { ::shutdown(far_.get(), SHUT_WR); }
  Poller& poller() const { return runtime_->pollers().next(); }
  // All that the kernel has reported is handled.
  void turns() const {
    for (int i = 0; i < 3; ++i)
      test::turn_over(poller());
  }

  Handlers handlers_;
  Told told_;
  std::atomic<bool> gone_{false};
  std::atomic<bool> over_{false};  // the test: what it told of is no more
  Handler when_gone_;
  std::unique_ptr<Runtime> runtime_;
  UniqueFd far_;
  Connection* conn_ = nullptr;
  Ref<FdOperator> held_;
};

// Long for an end that comes; a connection that never ends fails after it.
Deadline a_while() {
  return Deadline::clock::now() + std::chrono::seconds(2);
}

void swallow(Connection& conn) {
  static_cast<void>(conn.reader().skip(conn.reader().size()));
}

TEST_F(EndExercise, ThePeersEndIsToldBeforeTheClose) {
  serve({.on_request = swallow,
         .on_disconnect = [this](Connection&) { note("on_disconnect"); }});
  start();
  half_close();
  turns();
  EXPECT_EQ(told_, (Told{"on_disconnect, open", "gone, closed"}))
      << "in this order it happened, and so the socket was";
}

TEST_F(EndExercise, CloseCallbacksRunBeforeTheClose) {
  serve({.on_request = swallow});
  conn_->add_close_callback([this](Connection&) { note("first added"); });
  conn_->add_close_callback([this](Connection&) { note("last added"); });
  start();
  conn_->close();
  turns();
  EXPECT_EQ(told_,
            (Told{"last added, open", "first added, open", "gone, closed"}))
      << "in this order it happened, and so the socket was";
}

// A server that says goodbye.
TEST_F(EndExercise, LastWordsInOnDisconnectArrive) {
  serve({.on_request = swallow, .on_disconnect = [](Connection& conn) {
           conn.writer().write_string("bye");
           static_cast<void>(conn.writer().flush());
         }});
  start();
  half_close();
  turns();
  std::string got(8, '\0');
  const ssize_t n = ::recv(far_.get(), got.data(), got.size(), MSG_DONTWAIT);
  got.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  EXPECT_EQ(got, "bye") << "the peer has only finished sending, and waits for "
                           "the last words of on_disconnect";
}

// As many servers do: a map by the number. on_disconnect takes the entry out.
TEST_F(EndExercise, ANewConnectionKeepsItsEntryInTheMap) {
  std::map<int, std::string> users;
  serve({.on_request = swallow,
         .on_disconnect = [&](Connection& conn) { users.erase(conn.fd()); }});
  users[conn_->fd()] = "old";
  // The number is free now, and the next client gets it.
  when_gone_ = [&](Connection& conn) { users[conn.fd()] = "new"; };
  start();
  const int number = conn_->fd();
  half_close();
  turns();
  EXPECT_EQ(users[number], "new")
      << "the number belonged to a new connection when the old one's "
         "on_disconnect took \"its\" entry out of the map";
}

TEST_F(EndExercise, TheEndWaitsForOnDisconnect) {
  serve({.on_request = swallow, .on_disconnect = [this](Connection& conn) {
           conn.close();
           note("after close()");
         }});
  start();
  half_close();
  turns();
  EXPECT_EQ(told_, (Told{"after close(), open", "gone, closed"}));
}

// on_connect has the key, and the peer ends meanwhile: on_disconnect comes
// right after on_connect, on its thread, which has the key all the time.
TEST_F(EndExercise, AnEndDuringOnConnectIsToldOnceAndEndsOnce) {
  int told = 0;
  serve({.on_connect =
             [](Connection& conn) {
               EXPECT_TRUE(test::eventually([&] { return !conn.is_active(); }));
             },
         .on_request = swallow,
         .on_disconnect = [&](Connection&) { ++told; }},
        {.pollers = 1, .workers = {.name = "worker", .cap = 2}});
  Trigger over;
  when_gone_ = [&](Connection&) { over.pull(); };
  start();
  half_close();
  EXPECT_TRUE(over.wait_until(a_while())) << "it never ended";
  EXPECT_EQ(told, 1);
}

// A handler has the key on one worker, on_disconnect runs on another one. The
// handler returns first; its worker looks, and must leave the end alone.
TEST_F(EndExercise, TheEndWaitsForOnDisconnectBesideAHandler) {
  Trigger inside;
  Trigger may_return;
  bool still_watched = false;
  serve({.on_request =
             [&](Connection& conn) {
               swallow(conn);
               inside.pull();
               static_cast<void>(may_return.wait_until(a_while()));
             },
         .on_disconnect =
             [&](Connection& conn) {
               may_return.pull();
               // Held by this test, the poller and this task: the handler's
               // task has ended. Or it has torn down.
               EXPECT_TRUE(test::eventually([&] {
                 return conn.holders() == 3 || !poller().watches(conn);
               }));
               still_watched = poller().watches(conn);
             }},
        {.pollers = 1, .workers = {.name = "worker", .cap = 2}});
  Trigger over;
  when_gone_ = [&](Connection&) { over.pull(); };
  start();
  EXPECT_TRUE(test::send_all(far_.get(), "x"));
  EXPECT_TRUE(inside.wait_until(test::soon()));
  half_close();
  EXPECT_TRUE(over.wait_until(a_while())) << "it never ended";
  EXPECT_TRUE(still_watched)
      << "on_disconnect had not returned when another thread, whose handler "
         "was over, tore the connection down";
}

// The kernel has not said FIN to the peer yet.
bool is_established(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_state == TCP_ESTABLISHED;
}

// The answer is not with the peer yet, so the close lingers. The user need not
// wait for that.
TEST_F(EndExercise, CloseCallbacksRunAlsoBeforeAnEndThatLingers) {
  serve({.on_request =
             [](Connection& conn) {
               conn.writer().write_string("no");
               static_cast<void>(conn.writer().flush());
               conn.close();  // its input was not read
             }},
        test::kInline, test::tcp_pair);
  bool before_the_wait = false;
  conn_->add_close_callback([&](Connection& conn) {
    note("callback");
    before_the_wait = is_established(conn.fd());
  });
  start();
  EXPECT_TRUE(test::send_all(far_.get(), "a request"));
  EXPECT_EQ(test::receive(far_.get(), 2), "no");
  turns();
  EXPECT_EQ(told_, Told{"callback, open"}) << "the close lingers";
  EXPECT_TRUE(before_the_wait) << "the wait had begun when the callback ran";
}

}  // namespace
}  // namespace netpoll
