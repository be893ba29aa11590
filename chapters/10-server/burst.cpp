// SPDX-License-Identifier: Apache-2.0
//
// 150 clients wait when a server begins to accept. The server's only poller has
// another descriptor, which is readable in every turn. How many are accepted
// each time when its turn comes?

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/netpoll.h"
#include "netpoll/os/connect.h"
#include "netpoll/os/eventfd.h"
#include "netpoll/server/acceptor.h"

namespace {

using netpoll::UniqueFd;

constexpr std::size_t kClients = 150;

// An eventfd that nobody reads from stays readable.
class Bystander final : public netpoll::FdOperator {
 public:
  Bystander(UniqueFd fd, const std::vector<UniqueFd>& accepted)
      : FdOperator(fd.get()), fd_(std::move(fd)), accepted_(accepted) {
    const std::uint64_t one = 1;
    if (::write(fd_.get(), &one, sizeof one) < 0) std::perror("write");
  }
  // Valid once done() was seen true.
  const std::vector<std::size_t>& saw() const { return saw_; }
  bool done() const { return done_; }

 private:
  void on_readable() override {
    if (done_ || accepted_.empty()) return;
    if (saw_.empty() || saw_.back() != accepted_.size())
      saw_.push_back(accepted_.size());
    done_ = accepted_.size() == kClients;
  }
  void on_writable() override {}
  void on_hangup() override {}
  void on_timer() override {}

  const UniqueFd fd_;
  const std::vector<UniqueFd>& accepted_;  // the poller's, as on_readable()
  std::vector<std::size_t> saw_;
  std::atomic<bool> done_{false};
};

}  // namespace

int main() {
  std::vector<UniqueFd> accepted;
  auto runtime = *netpoll::Runtime::start({.pollers = 1});
  auto listener = *netpoll::Listener::listen("tcp", "127.0.0.1:0");
  const auto address = listener.address();
  std::vector<netpoll::os::Begun> clients;
  for (std::size_t i = 0; i < kClients; ++i)
    clients.push_back(*netpoll::os::begin_connect(address));

  netpoll::Poller& poller = runtime->acceptors().next();
  auto bystander =
      netpoll::make_ref<Bystander>(*netpoll::os::open_eventfd(), accepted);
  auto acceptor = netpoll::make_ref<netpoll::Acceptor>(
      *runtime, std::move(listener),
      [&](netpoll::os::Accepted it) { accepted.push_back(std::move(it.fd)); });
  if (poller.add(*bystander) || acceptor->start()) return 1;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!bystander->done() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  acceptor->stop();
  poller.detach(*bystander);
  std::printf("accepted, as another descriptor saw it:");
  for (const std::size_t count : bystander->saw())
    std::printf(" %zu", count);
  std::puts("");
}
