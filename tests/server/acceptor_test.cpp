// SPDX-License-Identifier: Apache-2.0
#include "netpoll/server/acceptor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <memory>
#include <utility>
#include <vector>

#include "netpoll/os/eventfd.h"
#include "server/support.h"
#include "support/fds.h"
#include "support/log_lines.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::eventually;
using test::FdsBalance;

// An acceptor that keeps what it accepts.
class AcceptorTest : public testing::Test {
 protected:
  explicit AcceptorTest() {
    Listener listener = test::listen_anywhere();
    address = listener.address();
    acceptor = make_ref<Acceptor>(*runtime, std::move(listener),
                                  [this](os::Accepted it) { keep(it); });
  }

  void keep(os::Accepted& it) {
    kept.push_back(std::move(it.fd));
    if (++accepted > 1 || !hold) return;
    entered.count_down();
    stopping.wait();
    test::give_others_a_chance();
  }

  const FdsBalance balance;
  std::vector<UniqueFd> kept;  // the poller's
  std::atomic<int> accepted{0};
  bool hold = false;  // the first, between the two latches
  std::latch entered{1};
  std::latch stopping{1};
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  Address address;
  Ref<Acceptor> acceptor;
};

// The first one is held until stop() waits for the turn to end; a second turn
// would have to win against it nine times.
TEST_F(AcceptorTest, AcceptsAFewThatWaitInOneTurn) {
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; ++i)
    clients.push_back(test::client_of(address));
  hold = true;
  ASSERT_FALSE(acceptor->start());
  entered.wait();
  stopping.count_down();
  acceptor->stop();
  EXPECT_EQ(accepted, 10);
}

// Another descriptor of the poller, readable in every turn. It notes whether
// its turn came when the acceptor had accepted just one budget.
class Bystander final : public FdOperator {
 public:
  Bystander(UniqueFd fd, const std::atomic<int>& accepted)
      : FdOperator(fd.get()), fd_(std::move(fd)), accepted_(accepted) {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(fd_.get(), &one, sizeof one), 8);
  }
  bool saw_one_budget() const { return saw_one_budget_; }

 private:
  void on_readable() override {
    if (accepted_ == Acceptor::kAcceptsPerTurn) saw_one_budget_ = true;
  }
  void on_writable() override {}
  void on_hangup() override {}
  void on_timer() override {}

  const UniqueFd fd_;
  const std::atomic<int>& accepted_;
  std::atomic<bool> saw_one_budget_{false};
};

TEST_F(AcceptorTest, LetsOthersHaveTheirTurnAfterItsBudget) {
  std::vector<UniqueFd> clients;
  for (int i = 0; i < Acceptor::kAcceptsPerTurn + 5; ++i)
    clients.push_back(test::client_of(address));
  Poller& poller = runtime->acceptors().next();
  auto bystander = make_ref<Bystander>(*os::open_eventfd(), accepted);
  ASSERT_FALSE(poller.add(*bystander));
  ASSERT_FALSE(acceptor->start());
  EXPECT_TRUE(
      eventually([&] { return accepted == Acceptor::kAcceptsPerTurn + 5; }));
  EXPECT_TRUE(bystander->saw_one_budget());
  acceptor->stop();
  poller.detach(*bystander);
}

TEST(AcceptorPause, DoublesUpToOneSecondAndNoMore) {
  using std::chrono::milliseconds;
  Backoff pauses(Acceptor::kPauseMin, Acceptor::kPauseMax);
  const Deadline now{};
  for (const int ms : {10, 20, 40, 80, 160, 320, 640, 1000, 1000}) {
    pauses.failed(now);
    EXPECT_EQ(pauses.next() - now, milliseconds(ms));
  }
}

TEST_F(AcceptorTest, AcceptsNobodyOnceStopped) {
  ASSERT_FALSE(acceptor->start());
  acceptor->stop();
  EXPECT_FALSE(test::client_of(address));
  EXPECT_EQ(accepted, 0);
}

TEST_F(AcceptorTest, IsHeldByNobodyElseOnceStopped) {
  ASSERT_FALSE(acceptor->start());
  EXPECT_EQ(acceptor->holders(), 2u);
  acceptor->stop();
  EXPECT_TRUE(eventually([&] { return acceptor->holders() == 1; }));
}

TEST_F(AcceptorTest, PausesWithoutDescriptorsAndRecovers) {
  const test::LogLines lines;
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    ASSERT_EQ(::connect(client.get(), address.data(), address.size()), 0);
    EXPECT_TRUE(eventually([&] { return lines.all().size() >= 2; }));
    EXPECT_EQ(accepted, 0);
  }
  EXPECT_TRUE(eventually([&] { return accepted == 1; }));
  // Pauses of 10 ms, 20 ms, …: without them it would be thousands of lines.
  EXPECT_LT(lines.all().size(), 50u);
  EXPECT_EQ(lines.all().front(), "accept: Too many open files");
  acceptor->stop();
}

// Upstream: TestServerAcceptWhenTooManyOpenFiles, which is run by hand there.
TEST_F(AcceptorTest, WhoWaitedWithoutDescriptorsIsAcceptedAndSoIsTheNext) {
  const test::LogLines lines;
  std::vector<UniqueFd> clients(5);
  for (UniqueFd& client : clients)
    client.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_FALSE(acceptor->start());
  {
    const test::NoMoreFds limit;
    for (const UniqueFd& client : clients) {
      ASSERT_EQ(::connect(client.get(), address.data(), address.size()), 0);
    }
    EXPECT_TRUE(eventually([&] { return !lines.all().empty(); }));
  }
  EXPECT_TRUE(eventually([&] { return accepted == 5; }));
  clients.push_back(test::client_of(address));
  EXPECT_TRUE(eventually([&] { return accepted == 6; }));
  acceptor->stop();
}

TEST_F(AcceptorTest, StopEndsAPause) {
  const test::LogLines lines;
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_FALSE(acceptor->start());
  const test::NoMoreFds limit;
  ASSERT_EQ(::connect(client.get(), address.data(), address.size()), 0);
  EXPECT_TRUE(eventually([&] { return !lines.all().empty(); }));
  acceptor->stop();
  EXPECT_TRUE(eventually([&] { return acceptor->holders() == 1; }));
}

}  // namespace
}  // namespace netpoll
