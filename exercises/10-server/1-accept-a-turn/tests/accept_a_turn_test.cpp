// SPDX-License-Identifier: Apache-2.0
//
// Most tests call on_readable() themselves, so that one call is one turn. The
// last ones have a poller do it.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/os/eventfd.h"
#include "netpoll/server/acceptor.h"
#include "server/support.h"
#include "support/fds.h"
#include "support/log_lines.h"
#include "support/sanitized.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;

constexpr int kBudget = Acceptor::kAcceptsPerTurn;
constexpr milliseconds kTick{5};

constexpr milliseconds kPatience(test::kSanitized ? 20'000 : 2'000);

// Looks until `condition` holds; false when it does not within kPatience.
bool soon(const std::function<bool()>& condition) {
  return test::within(kPatience, condition);
}

// Another operator of the acceptor's poller. In every turn it calls `turn`;
// each 5 ms it calls `tick`. It stands still whenever the poller does.
class Neighbour final : public FdOperator {
 public:
  Neighbour(UniqueFd fd, Poller& poller, std::function<void()> turn,
            std::function<void()> tick)
      : FdOperator(fd.get()),
        fd_(std::move(fd)),
        poller_(poller),
        turn_(std::move(turn)),
        tick_(std::move(tick)) {}

  void begin() {
    const std::uint64_t one = 1;  // readable from now on
    if (turn_) EXPECT_EQ(::write(fd(), &one, sizeof one), 8);
    EXPECT_FALSE(poller_.add(*this));
    poller_.set_timer(*this, deadline_after(kTick));
    EXPECT_TRUE(soon([this] { return begun_.load(); }));
  }
  void end() { poller_.detach(*this); }

 private:
  void on_readable() override {
    turn_();
    begun_ = begun_ || !tick_;
  }
  void on_writable() override {}
  void on_hangup() override {}
  void on_timer() override {
    if (!tick_) return;
    begun_ = true;
    tick_();
    poller_.set_timer(*this, deadline_after(kTick));
  }

  const UniqueFd fd_;
  Poller& poller_;
  const std::function<void()> turn_;
  const std::function<void()> tick_;
  std::atomic<bool> begun_{false};
};

class AcceptATurn : public testing::Test {
 protected:
  AcceptATurn() {
    Listener listener = test::listen_anywhere();
    address = listener.address();
    acceptor = make_ref<Acceptor>(*runtime, std::move(listener),
                                  [this](os::Accepted it) {
                                    peers.push_back(it.peer.to_string());
                                    ++accepted;
                                  });
  }

  // UBSan's first look at a class needs a descriptor; some tests have none.
  void SetUp() override {
    EXPECT_EQ(acceptor->address(), address);
    EXPECT_TRUE(said().empty());
    const std::error_code error(EMFILE, std::system_category());
    EXPECT_NE(error, std::errc::interrupted);
    turn();
  }
  void turn() { static_cast<FdOperator&>(*acceptor).on_readable(); }
  int accepted_in_a_turn() {
    const int before = accepted;
    turn();
    return accepted - before;
  }
  void connect(int count) {
    for (int i = 0; i < count; ++i)
      clients.push_back(*os::connect_to(address, test::kPatience));
  }
  // One more client, of a socket that is open already.
  void connect_spare() {
    EXPECT_EQ(::connect(spare.get(), address.data(), address.size()), 0);
  }
  std::vector<std::string> said() const { return lines.all(); }

  const test::LogLines lines;
  std::vector<std::string> peers;  // of those who were accepted
  std::atomic<int> accepted{0};
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  Poller& poller = runtime->acceptors().next();
  const UniqueFd spare{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Address address;
  std::vector<UniqueFd> clients;
  Ref<Acceptor> acceptor;
};

TEST_F(AcceptATurn, OneTurnAcceptsAllTenThatWait) {
  connect(10);
  EXPECT_EQ(accepted_in_a_turn(), 10)
      << "ten clients waited; this is how many one turn accepted";
}

TEST_F(AcceptATurn, EachIsHandedOnWithItsAddressInTheOrderOfTheQueue) {
  connect(3);
  turn();
  ASSERT_EQ(peers.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(peers[i], Address::local_of(clients[i].get())->to_string());
}

TEST_F(AcceptATurn, ATurnStopsWhenItsBudgetIsUsedUp) {
  connect(kBudget + 5);
  EXPECT_EQ(accepted_in_a_turn(), kBudget)
      << "69 clients waited, and the budget of a turn is 64";
}

TEST_F(AcceptATurn, TheRestIsAcceptedInTheNextTurn) {
  connect(kBudget + 5);
  turn();
  turn();
  EXPECT_EQ(accepted, kBudget + 5) << "after two turns nobody should wait";
}

TEST_F(AcceptATurn, NobodyWaitingIsNoError) {
  turn();
  EXPECT_EQ(accepted, 0);
  EXPECT_TRUE(said().empty())
      << "nobody waited, and the log says: " << said().front();
}

TEST_F(AcceptATurn, AFailureEndsTheTurnAndIsSaidOnce) {
  connect_spare();
  const test::NoMoreFds limit;
  turn();
  EXPECT_EQ(said(), std::vector<std::string>{"accept: Too many open files"})
      << "one turn without a descriptor should write exactly this line";
}

TEST_F(AcceptATurn, AfterAFailureTheAcceptorRests) {
  std::atomic<bool> waits{false};
  std::atomic<int> turns{0};
  auto neighbour = make_ref<Neighbour>(
      *os::open_eventfd(), poller, [&] { turns += waits ? 1 : 0; }, nullptr);
  ASSERT_FALSE(acceptor->start());
  neighbour->begin();
  {
    const test::NoMoreFds limit;
    connect_spare();
    waits = true;
    EXPECT_TRUE(soon([&] { return turns >= 400; }));
    EXPECT_TRUE(said().size() < 300)
        << "no descriptor was left, and accept was tried in every turn of the "
           "poller: it never slept";
  }
  neighbour->end();
  acceptor->stop();
}

TEST_F(AcceptATurn, WhoGetsInEndsTheGrowthOfThePauses) {
  {
    const test::NoMoreFds limit;
    for (int i = 0; i < 20; ++i)
      turn();  // after these a pause is one second
  }
  connect(1);
  turn();
  const std::size_t before = said().size();
  std::atomic<bool> waits{false};
  std::atomic<int> ticks{0};
  auto neighbour = make_ref<Neighbour>(*os::open_eventfd(), poller, nullptr,
                                       [&] { ticks += waits ? 1 : 0; });
  neighbour->begin();
  {
    const test::NoMoreFds limit;
    connect_spare();
    EXPECT_FALSE(acceptor->start());
    waits = true;
    EXPECT_TRUE(soon([&] { return ticks >= 10; }));
    EXPECT_TRUE(said().size() - before >= 2)
        << "somebody was accepted, and yet the pause after the next failure "
           "was not a short one again";
  }
  neighbour->end();
  acceptor->stop();
}

TEST_F(AcceptATurn, NobodyWaitingIsNoReasonToRest) {
  std::atomic<int> connected{0};
  std::atomic<int> missed{0};
  auto neighbour = make_ref<Neighbour>(
      *os::open_eventfd(), poller,
      [&] { missed += accepted < connected ? 1 : 0; }, nullptr);
  ASSERT_FALSE(acceptor->start());
  neighbour->begin();
  bool all = true;
  for (int i = 1; all && i <= 5; ++i) {
    connect(1);
    connected = i;
    all = soon([&] { return accepted == i; });
  }
  neighbour->end();
  acceptor->stop();
  EXPECT_TRUE(all) << "a client that came alone was not accepted";
  EXPECT_TRUE(missed <= 25 || !all)
      << "clients came one by one, and each was left waiting for many turns";
}

}  // namespace
}  // namespace netpoll
