// SPDX-License-Identifier: Apache-2.0
//
// Ten thousand connections and every way in which one can end: none is left
// alive, none is torn down twice or never, no descriptor stays open.
//
// Half of them are held by the test as well, whose Ref must be the only one in
// the end. The others are held by nobody but those who should, so that one who
// lets go too early frees them under somebody else's feet.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connection/census.h"
#include "netpoll/base/mutex.h"
#include "netpoll/client/dialer.h"
#include "server/support.h"
#include "server/ways.h"
#include "support/log_lines.h"
#include "support/net.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

using test::Census;
using test::eventually;
using test::send_all;
using test::Way;

// The server has closed, whether or not it had read everything.
bool is_over(const UniqueFd& client) {
  char byte = 0;
  const ssize_t n = ::recv(client.get(), &byte, 1, 0);
  return n == 0 || (n < 0 && errno == ECONNRESET);
}

// One loop, its clients, and their ends.
class Wave {
 public:
  Wave(Runtime& runtime, Census& census, GoPool& users)
      : runtime_(runtime), census_(census), users_(users) {
    for (Listener* listener : {&unix_, &tcp_}) {
      addresses_.push_back(listener->address());
      EXPECT_FALSE(loop_->start(std::move(*listener)));
    }
  }

  void play(Way way);
  void end(bool gracefully);

 private:
  static std::string free_name() {
    static std::atomic<int> number{0};
    return "@netpoll-references-" + std::to_string(::getpid()) + "-" +
           std::to_string(++number);
  }
  void prepare(Connection& conn);  // [poller]
  Ref<Connection> accepted();
  // As the library holds a connection: no user's Ref, which would keep one
  // that its peer has half-closed.
  void hold(const Ref<Connection>& conn) {
    if (++seen_ % 2 == 0) held_.emplace_back(conn);
  }
  void be_refused_by_epoll();
  void dial_it(Way way);
  void connect(Way way);
  void act_as_peer(Way way, UniqueFd client);
  void act_as_user(Way way, const Ref<Connection>& conn);

  Runtime& runtime_;
  Census& census_;
  GoPool& users_;
  std::atomic<Way> next_{};  // of the connection that comes next
  Mutex mutex_;
  Ref<Connection> accepted_
      NETPOLL_GUARDED_BY(mutex_);  // the last, until it is taken

  std::unique_ptr<EventLoop> loop_ = std::make_unique<EventLoop>(
      runtime_,
      Handlers{.on_prepare = [this](Connection& conn) { prepare(conn); }});
  Listener unix_ = *Listener::listen("unix", free_name());
  Listener tcp_ = test::listen_anywhere();
  std::vector<Address> addresses_;

  int seen_ = 0;
  std::vector<Ref<FdOperator>> held_;
  std::vector<UniqueFd> clients_;  // that see their server go first
  std::vector<UniqueFd> stalled_;  // that read nothing, and go then
  std::vector<UniqueFd> patient_;  // that see the loop's end
};

void Wave::prepare(Connection& conn) {
  const Way way = next_;
  census_.join(conn, test::on_disconnect_of(way));
  {
    const Lock lock(mutex_);
    accepted_ = Ref<Connection>::share(conn);
  }
  test::prepare_for(way, conn);
}

Ref<Connection> Wave::accepted() {
  Ref<Connection> conn;
  EXPECT_TRUE(eventually([&] {
    const Lock lock(mutex_);
    conn = std::exchange(accepted_, nullptr);
    return static_cast<bool>(conn);
  }));
  return conn;
}

void Wave::play(Way way) {
  next_ = way;
  switch (way) {
    case Way::epoll_refuses:
      return be_refused_by_epoll();
    case Way::dialled_and_closed:
    case Way::dialled_and_peer_closes_first:
    case Way::dialled_and_closed_while_next_waits:
      return dial_it(way);
    default:
      return connect(way);
  }
}

void Wave::be_refused_by_epoll() {
  static const Handlers none;
  const auto conn = make_ref<Connection>(
      runtime_, UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)), Address(),
      none);
  census_.join(*conn);
  EXPECT_EQ(conn->start(), std::errc::operation_not_permitted);
  hold(conn);
}

void Wave::dial_it(Way way) {
  auto dialled =
      dial(runtime_, "unix", addresses_[0].to_string(), test::kPatience);
  ASSERT_TRUE(dialled);
  hold(accepted());
  const auto conn = std::make_shared<DialedConnection>(*std::move(dialled));
  Connection& it = **conn;
  census_.join(it);
  hold(Ref<Connection>::share(it));
  if (way == Way::dialled_and_closed_while_next_waits) {
    EXPECT_TRUE(users_.go([conn] { test::wait_for_more(**conn); }));
    return it.close();
  }
  EXPECT_FALSE(it.writer().write(test::bytes_of("hi")));
  if (way == Way::dialled_and_closed) {
    EXPECT_EQ(it.reader().read_string(2), "hi");
  } else {
    EXPECT_EQ(it.reader().next(1).error(), Errc::eof);
  }
}

void Wave::connect(Way way) {
  const bool over_tcp = way == Way::peer_resets;
  UniqueFd client = test::client_of(addresses_[over_tcp ? 1 : 0]);
  ASSERT_TRUE(client);
  {
    const Ref<Connection> conn = accepted();
    hold(conn);
    act_as_user(way, conn);
  }
  act_as_peer(way, std::move(client));
}

void Wave::act_as_user(Way way, const Ref<Connection>& conn) {
  const auto close = [conn] { conn->close(); };
  switch (way) {
    case Way::user_closes_twice_at_once:
      EXPECT_TRUE(users_.go(close));
      [[fallthrough]];
    case Way::user_closes:
    case Way::close_while_next_waits:
      EXPECT_TRUE(users_.go(close));
      break;
    case Way::close_while_flush_waits:
      EXPECT_TRUE(users_.go([conn] {
        EXPECT_TRUE(eventually(
            [&] { return !conn->writer().is_empty() || !conn->is_active(); }));
        conn->close();
      }));
      break;
    case Way::user_detaches:
      EXPECT_TRUE(users_.go([conn] { EXPECT_TRUE(conn->detach()); }));
      break;
    default:
      break;
  }
}

void Wave::act_as_peer(Way way, UniqueFd client) {
  switch (way) {
    case Way::peer_half_closes_and_gets_its_answer:
      EXPECT_TRUE(send_all(client.get(), "last"));
      ::shutdown(client.get(), SHUT_WR);
      EXPECT_EQ(test::receive(client.get(), 4), "last");
      EXPECT_TRUE(test::at_eof(client.get()));
      break;
    case Way::peer_sends_and_closes:
      send_all(client.get(), "last");
      break;
    case Way::peer_resets:
      send_all(client.get(), "last");
      test::reset(client);
      break;
    case Way::peer_is_idle_and_closes:
    case Way::close_in_on_disconnect:
    case Way::close_in_close_callback:
    case Way::throw_in_on_disconnect:
    case Way::throw_in_close_callback:
      break;
    case Way::close_in_on_request:
    case Way::throw_in_on_request:
    case Way::read_timeout:
    case Way::detach_in_on_request:
      EXPECT_TRUE(send_all(client.get(), "x"));
      clients_.push_back(std::move(client));
      break;
    case Way::loop_ends:
    case Way::loop_is_destroyed_while_next_waits:
      patient_.push_back(std::move(client));
      break;
    case Way::write_timeout:
    case Way::close_while_flush_waits:
      stalled_.push_back(std::move(client));
      break;
    default:
      clients_.push_back(std::move(client));
  }
}

void Wave::end(bool gracefully) {
  for (const UniqueFd& client : clients_)
    EXPECT_TRUE(is_over(client));
  clients_.clear();
  stalled_.clear();
  if (gracefully) {
    EXPECT_FALSE(loop_->shutdown(test::kPatience));
  }
  loop_.reset();
  for (const UniqueFd& client : patient_)
    EXPECT_TRUE(is_over(client));
  for (const Ref<FdOperator>& conn : held_) {
    ASSERT_TRUE(eventually([&] { return conn->holders() == 1; }));
  }
  held_.clear();
  EXPECT_TRUE(eventually([&] { return census_.live() == 0; }));
  EXPECT_EQ(census_.wrong(), 0);
}

// Returns how many connections there were.
int play_waves(RunBy runner, int at_least) {
  const test::FdsBalance balance;
  Census census;
  {
    const auto runtime = *Runtime::start({.pollers = 2, .runner = runner});
    GoPool users;
    for (int round = 0; census.joined() < at_least; ++round) {
      const bool gracefully = round % 2 == 0;
      Wave wave(*runtime, census, users);
      for (int n = 0; n < 3 * test::kWays; ++n) {
        const Way way = static_cast<Way>(n % test::kWays);
        // A shutdown would wait for it.
        if (gracefully && way == Way::loop_is_destroyed_while_next_waits)
          continue;
        wave.play(way);
      }
      wave.end(gracefully);
      if (testing::Test::HasFailure()) break;
    }
  }
  EXPECT_EQ(census.live(), 0);
  return census.joined();
}

// Broken variants: Poller::detach() forgets the poller's Ref; a task keeps its
// own for ever (both: one holder too many); a task has none (ASan).
TEST(ThreeReferences, AreAllGoneAfterTenThousandConnections) {
  const test::LogLines thrown;
  const int pooled = play_waves(RunBy::pool, 4'000);
  const int in_line = play_waves(RunBy::inline_on_poller, 4'000);
  const int adaptive = play_waves(RunBy::adaptive, 4'000);
  EXPECT_GE(pooled + in_line + adaptive, 10'000);
}

}  // namespace
}  // namespace netpoll
