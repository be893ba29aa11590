// SPDX-License-Identifier: Apache-2.0
#include "echo.h"

#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <utility>

#include "netpoll/os/epoll.h"
#include "netpoll/os/io.h"
#include "netpoll/os/socket.h"

// One thread, one epoll. A client is in one of two states:
//
//               recv: bytes                 all is sent
//    reading ─────────────────> sending ─────────────────> reading
//    Interest::input            Interest::output
//
// While something is unsent nothing is read, so a client costs one piece of
// memory, and at the end of its stream nothing is left to be sent.

namespace {

namespace os = netpoll::os;

struct Client {
  netpoll::UniqueFd fd;
  std::array<std::byte, 16384> piece;
  std::span<const std::byte> unsent = {};  // of piece
  os::Interest watched = os::Interest::input;
};

class Server {
 public:
  explicit Server(int listener) : listener_(listener) {}

  bool start() { return !epoll_.add(listener_, nullptr); }

  // One epoll_wait, and what follows from it.
  void turn() {
    std::array<epoll_event, 64> room;
    const auto ready = epoll_.wait(room, -1);
    if (!ready) return;
    for (const epoll_event& event : *ready) {
      auto* const client = static_cast<Client*>(event.data.ptr);
      if (client == nullptr) {
        accept();
      } else if (!step(*client)) {
        clients_.erase(client->fd.get());  // closes it too
      }
    }
  }

 private:
  void accept() {
    auto accepted = os::accept4(listener_);
    if (!accepted || !*accepted) return;
    const int fd = (*accepted)->fd.get();
    Client& client = clients_[fd];
    client.fd = std::move((*accepted)->fd);
    if (epoll_.add(fd, &client)) clients_.erase(fd);
  }

  // False when the connection is over.
  bool step(Client& client) {
    if (client.unsent.empty() && !receive(client)) return false;
    return send(client) && watch(client);
  }

  bool receive(Client& client) {
    const auto got = os::recv(client.fd.get(), client.piece);
    if (!got || got->eof) return false;
    client.unsent = std::span(client.piece).first(got->bytes);
    return true;
  }

  bool send(Client& client) {
    while (!client.unsent.empty()) {
      const std::array pieces{client.unsent};
      const auto sent = os::sendmsg(client.fd.get(), pieces);
      if (!sent) return false;
      if (sent->again) break;
      client.unsent = client.unsent.subspan(sent->bytes);
    }
    return true;
  }

  bool watch(Client& client) {
    const auto want =
        client.unsent.empty() ? os::Interest::input : os::Interest::output;
    if (want == client.watched) return true;
    client.watched = want;
    return !epoll_.set(client.fd.get(), want, &client);
  }

  int listener_;
  os::Epoll epoll_ = *os::Epoll::open();
  std::map<int, Client> clients_;
};

}  // namespace

void serve(int listener) {
  Server server(listener);
  if (!server.start()) return;
  for (;;)
    server.turn();
}
