// SPDX-License-Identifier: Apache-2.0
//
// A server from what this chapter has: one thread, one epoll, level-triggered,
// EPOLLOUT only while something is unsent. Its faults are listed at the end of
// the chapter. It listens on a free port of this machine, prints the number,
// and ends after ten seconds, or as many as it is told.

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "netpoll/base/bytes.h"
#include "netpoll/os/epoll.h"
#include "netpoll/os/io.h"
#include "netpoll/os/socket.h"

namespace {

namespace os = netpoll::os;
using netpoll::Address;

struct Client {
  netpoll::UniqueFd fd;
  std::string unsent;
};

class Server {
 public:
  int port() const { return Address::local_of(listener_.get())->port(); }
  bool start() { return !epoll_.add(listener_.get(), nullptr); }

  // One epoll_wait, and what follows from it.
  void turn() {
    std::array<epoll_event, 64> room;
    const auto ready = epoll_.wait(room, 100);
    if (!ready) return;
    for (const epoll_event& event : *ready) {
      auto* client = static_cast<Client*>(event.data.ptr);
      if (client == nullptr) {
        accept();
      } else if (!serve(*client)) {
        clients_.erase(client->fd.get());  // closes it too
      }
    }
  }

 private:
  void accept() {
    auto accepted = os::accept4(listener_.get());
    if (!accepted || !*accepted) return;
    const int fd = (*accepted)->fd.get();
    Client& client = clients_[fd];
    client.fd = std::move((*accepted)->fd);
    if (epoll_.add(fd, &client)) clients_.erase(fd);
  }

  // False when the connection is over.
  bool serve(Client& client) {
    std::array<std::byte, 4096> room;
    const auto got = os::recv(client.fd.get(), room);
    if (!got || got->eof) return false;
    client.unsent += netpoll::as_text(std::span(room).first(got->bytes));
    while (!client.unsent.empty()) {
      const std::array pieces{netpoll::as_bytes(client.unsent)};
      const auto sent = os::sendmsg(client.fd.get(), pieces);
      if (!sent) return false;
      client.unsent.erase(0, sent->bytes);
      if (sent->again) break;
    }
    const auto want = client.unsent.empty() ? os::Interest::input
                                            : os::Interest::input_output;
    return !epoll_.set(client.fd.get(), want, &client);
  }

  netpoll::UniqueFd listener_ =
      *os::listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  os::Epoll epoll_ = *os::Epoll::open();
  std::map<int, Client> clients_;
};

}  // namespace

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  const int seconds = argc == 2 ? std::atoi(argv[1]) : 10;
  Server server;
  if (!server.start()) return 1;
  std::printf("127.0.0.1 %d\n", server.port());
  std::fflush(stdout);
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  while (Clock::now() < end)
    server.turn();
}
