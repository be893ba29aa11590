// SPDX-License-Identifier: Apache-2.0
// Connections that end as the seed says: by which side, with how many close
// callbacks, with which last words. Each notes what its user is told, and
// whether its descriptor was open then.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "connection/support.h"
#include "labs/seed.h"
#include "netpoll/connection/connection.h"
#include "support/tcp.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::Seeded;
using Told = std::vector<std::string>;

const RuntimeOptions kWorkers{.pollers = 1,
                              .workers = {.name = "worker", .cap = 3}};

// Long for an end that comes; a connection that never ends fails after it.
Deadline a_while() {
  return Deadline::clock::now() + std::chrono::seconds(2);
}

// All that the kernel has reported is handled.
void turns(Poller& poller) {
  for (int i = 0; i < 3; ++i)
    test::turn_over(poller);
}

// One connection, and what its user is told.
class Guest {
 public:
  Guest(Runtime& runtime, std::size_t callbacks,
        test::Pair (*make_pair)() = test::socket_pair)
      : poller_(runtime.pollers().next()), callbacks_(callbacks) {
    test::Pair pair = make_pair();
    far = std::move(pair.far);
    const auto made = make_ref<Connection>(runtime, std::move(pair.near),
                                           Address(), handlers);
    conn_ = made.get();
    held_ = made;
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest() {
    over_ = true;
    far.reset();
    turns(poller_);
    if (gone_) return;
    conn_->close();
    turns(poller_);
    if (!gone_) poller_.detach(*conn_);  // it would never end
  }

  void start() {
    for (std::size_t i = 1; i <= callbacks_; ++i) {
      conn_->add_close_callback([this, i](Connection& it) {
        note("callback " + std::to_string(i));
        if (in_callback) in_callback(it);
      });
    }
    EXPECT_FALSE(conn_->start([this](Connection&) {
      note("gone");
      gone_ = true;
      ended_.pull();
    }));
  }
  // `what`, and whether the descriptor is open: its peer would see the end.
  void note(const std::string& what) {
    if (over_) return;
    pollfd peer{.fd = far.get(), .events = POLLRDHUP, .revents = 0};
    ::poll(&peer, 1, 0);
    const bool open = (peer.revents & (POLLRDHUP | POLLHUP)) == 0;
    const std::scoped_lock lock(mutex_);
    told_.push_back(what + (open ? ", open" : ", closed"));
  }
  void half_close() const { ::shutdown(far.get(), SHUT_WR); }
  bool wait_gone() { return gone_ || ended_.wait_until(a_while()); }

  Connection& conn() const { return *conn_; }
  Poller& poller() const { return poller_; }
  Told told() {
    const std::scoped_lock lock(mutex_);
    return told_;
  }
  // What it must be: the close callbacks, the newest first, and then the end.
  Told expected(Told all) const {
    for (std::size_t i = callbacks_; i > 0; --i)
      all.push_back("callback " + std::to_string(i) + ", open");
    all.emplace_back("gone, closed");
    return all;
  }

  Handlers handlers{.on_request = test::swallow};
  Handler in_callback;
  UniqueFd far;

 private:
  Poller& poller_;
  const std::size_t callbacks_;
  Connection* conn_ = nullptr;
  Ref<FdOperator> held_;
  std::atomic<bool> gone_{false};
  std::atomic<bool> over_{false};  // the test: what it told of is no more
  Trigger ended_;
  std::mutex mutex_;
  Told told_;
};

// What is there to be read now.
std::string arrived(int fd) {
  std::string got(4096, '\0');
  const ssize_t n = ::recv(fd, got.data(), got.size(), MSG_DONTWAIT);
  got.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return got;
}

// Several connections on one poller; their peers end in an order that the seed
// chooses, and on_disconnect has last words for each.
TEST(ClosedThenToldHidden, EachPeersEndIsToldWhileTheNumberIsItsOwn) {
  Seeded numbers("ClosedThenToldHidden.PeersEnd");
  const auto runtime = *Runtime::start(test::kInline);
  std::vector<std::unique_ptr<Guest>> guests;
  std::vector<std::string> words;
  for (std::size_t i = numbers.between(2, 5); i > 0; --i) {
    auto& guest = *guests.emplace_back(
        std::make_unique<Guest>(*runtime, numbers.between(1, 4)));
    words.push_back(numbers.text(numbers.between(1, 2000)));
    const bool closes = numbers.once_in(3);
    guest.handlers.on_disconnect = [&words, &guest, i = words.size() - 1,
                                    closes](Connection& conn) {
      conn.writer().write_string(words[i]);
      static_cast<void>(conn.writer().flush());
      if (closes) conn.close();
      guest.note("on_disconnect");
    };
    guest.start();
  }
  std::vector<std::size_t> order(guests.size());
  std::iota(order.begin(), order.end(), 0U);
  numbers.shuffle(order);
  for (const std::size_t i : order) {
    guests[i]->half_close();
    if (numbers.once_in(2)) turns(guests[i]->poller());
  }
  turns(guests[0]->poller());
  for (const std::size_t i : order) {
    EXPECT_EQ(guests[i]->told(), guests[i]->expected({"on_disconnect, open"}))
        << "in this order it happened, and so the descriptor was";
    EXPECT_EQ(arrived(guests[i]->far.get()), words[i])
        << "the last words of on_disconnect have not arrived whole";
  }
}

// Our own side closes: in a handler, or from outside.
TEST(ClosedThenToldHidden, OurOwnCloseIsToldWhileTheNumberIsItsOwn) {
  Seeded numbers("ClosedThenToldHidden.OurClose");
  const auto runtime = *Runtime::start(test::kInline);
  for (std::size_t round = numbers.between(3, 6); round > 0; --round) {
    Guest guest(*runtime, numbers.between(1, 4));
    const bool in_handler = numbers.once_in(2);
    guest.handlers.on_request = [](Connection& conn) {
      test::swallow(conn);
      conn.close();
    };
    guest.handlers.on_disconnect = [&guest](Connection&) {
      guest.note("on_disconnect");
    };
    if (numbers.once_in(2)) {
      guest.in_callback = [](Connection& conn) { conn.close(); };
    }
    guest.start();
    const std::string request = numbers.text(numbers.between(1, 99));
    if (in_handler) {
      EXPECT_TRUE(test::send_all(guest.far.get(), request));
    } else {
      guest.conn().close();
    }
    turns(guest.poller());
    ASSERT_EQ(guest.told(), guest.expected({}))
        << "in this order it happened, and so the descriptor was";
  }
}

// on_disconnect runs on one worker beside a handler on another one. The handler
// returns first, and its worker must leave the end alone.
TEST(ClosedThenToldHidden, TheEndWaitsForOnDisconnectBesideAHandler) {
  Seeded numbers("ClosedThenToldHidden.Beside");
  const auto runtime = *Runtime::start(kWorkers);
  for (std::size_t round = numbers.between(1, 3); round > 0; --round) {
    Trigger inside;
    Trigger may_return;
    Guest guest(*runtime, numbers.between(1, 4));
    guest.handlers.on_request = [&](Connection& conn) {
      test::swallow(conn);
      inside.pull();
      static_cast<void>(may_return.wait_until(a_while()));
    };
    const bool closes = numbers.once_in(2);
    guest.handlers.on_disconnect = [&, closes](Connection& conn) {
      if (closes) conn.close();
      may_return.pull();
      // Held by this test, the poller and this task: the handler's task has
      // ended. Or it has torn down.
      EXPECT_TRUE(test::eventually([&] {
        return conn.holders() == 3 || !guest.poller().watches(conn);
      }));
      guest.note("on_disconnect");
    };
    guest.start();
    EXPECT_TRUE(test::send_all(guest.far.get(), numbers.text(9)));
    EXPECT_TRUE(inside.wait_until(test::soon()));
    guest.half_close();
    ASSERT_TRUE(guest.wait_gone()) << "it never ended";
    ASSERT_EQ(guest.told(), guest.expected({"on_disconnect, open"}))
        << "in this order it happened, and so the descriptor was";
  }
}

// The peer ends while on_connect runs, which has the key.
TEST(ClosedThenToldHidden, AnEndDuringOnConnectIsToldOnceAndEndsOnce) {
  Seeded numbers("ClosedThenToldHidden.OnConnect");
  const auto runtime = *Runtime::start(kWorkers);
  for (std::size_t round = numbers.between(2, 4); round > 0; --round) {
    Guest guest(*runtime, numbers.between(1, 4));
    guest.handlers.on_connect = [&](Connection& conn) {
      EXPECT_TRUE(test::eventually([&] { return !conn.is_active(); }));
      guest.note("on_connect");
    };
    const bool closes = numbers.once_in(2);
    guest.handlers.on_disconnect = [&, closes](Connection& conn) {
      if (closes) conn.close();
      guest.note("on_disconnect");
    };
    guest.start();
    guest.half_close();
    ASSERT_TRUE(guest.wait_gone()) << "it never ended";
    ASSERT_EQ(guest.told(),
              guest.expected({"on_connect, open", "on_disconnect, open"}))
        << "in this order it happened, and so the descriptor was";
  }
}

// The kernel has not said FIN to the peer yet.
bool is_established(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_state == TCP_ESTABLISHED;
}

// A request that is not read to its end is answered, and the connection closed:
// that lingers. The callbacks run before the wait.
TEST(ClosedThenToldHidden, CloseCallbacksRunBeforeAnEndThatLingers) {
  Seeded numbers("ClosedThenToldHidden.Linger");
  const auto runtime = *Runtime::start(test::kInline);
  const std::string answer = numbers.text(numbers.between(1, 2000));
  const std::string request = numbers.text(numbers.between(2, 500));
  const std::size_t taken = numbers.between(0, request.size() - 1);
  Guest guest(*runtime, numbers.between(1, 4), test::tcp_pair);
  guest.handlers.on_request = [&](Connection& conn) {
    static_cast<void>(conn.reader().skip(taken));
    conn.writer().write_string(answer);
    static_cast<void>(conn.writer().flush());
    conn.close();
  };
  guest.in_callback = [&](Connection& conn) {
    EXPECT_TRUE(is_established(conn.fd()))
        << "the wait had begun when a callback ran";
  };
  guest.start();
  EXPECT_TRUE(test::send_all(guest.far.get(), request));
  EXPECT_EQ(test::receive(guest.far.get(), answer.size()), answer);
  turns(guest.poller());
  Told callbacks = guest.expected({});
  callbacks.pop_back();
  EXPECT_EQ(guest.told(), callbacks) << "the close lingers";
  guest.half_close();
  turns(guest.poller());
  EXPECT_EQ(guest.told(), guest.expected({})) << "the peer has ended as well";
}

}  // namespace
}  // namespace netpoll
