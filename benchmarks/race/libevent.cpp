// SPDX-License-Identifier: Apache-2.0
//
// libevent: an event that stays (EV_PERSIST) for each direction of a client,
// and recv() and send() on one buffer for all clients. An echo by bufferevents
// needed more time in every run: about twice at 1 KiB, several times at 64 KiB.

#include <event2/event.h>
#include <event2/listener.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "peer.h"

namespace netpoll::race {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;

// What all clients share.
struct Server {
  const Peer peer;
  event_base* const base = event_base_new();
  std::array<char, kBufferSize> buffer{};
};

struct FreeEvent {
  void operator()(event* freed) const { event_free(freed); }
};
using Event = std::unique_ptr<event, FreeEvent>;

struct Client {
  Server& server;
  Event readable;      // awaited while nothing is unsent
  Event writable;      // awaited while something is
  std::string unsent;  // what the socket has not taken yet
};

void close(Client& client) {
  const int fd = event_get_fd(client.readable.get());
  delete &client;  // libevent forgets the socket
  ::close(fd);
}

void on_writable(int fd, short, void* data) {
  auto& client = *static_cast<Client*>(data);
  std::string& rest = client.unsent;
  const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN ? void() : close(client);
  rest.erase(0, static_cast<std::size_t>(sent));
  if (!rest.empty()) return;
  event_del(client.writable.get());
  event_add(client.readable.get(), nullptr);
}

void on_readable(int fd, short, void* data) {
  auto& client = *static_cast<Client*>(data);
  auto& buffer = client.server.buffer;
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return close(client);
  work(client.server.peer.work);
  const auto size = static_cast<std::size_t>(got);
  const ssize_t sent = ::send(fd, buffer.data(), size, MSG_NOSIGNAL);
  if (sent == got) return;
  if (sent < 0 && errno != EAGAIN) return close(client);
  client.unsent.assign(buffer.data() + std::max<ssize_t>(sent, 0),
                       buffer.data() + got);
  event_del(client.readable.get());
  event_add(client.writable.get(), nullptr);
}

void on_accept(evconnlistener*, int fd, sockaddr*, int, void* data) {
  auto& server = *static_cast<Server*>(data);
  set_no_delay(fd);
  auto& client = *new Client{server, nullptr, nullptr, {}};
  client.readable.reset(
      event_new(server.base, fd, EV_READ | EV_PERSIST, on_readable, &client));
  client.writable.reset(
      event_new(server.base, fd, EV_WRITE | EV_PERSIST, on_writable, &client));
  event_add(client.readable.get(), nullptr);
}

int serve(const Peer& peer) {
  const auto server = std::make_unique<Server>(peer);
  if (server->base == nullptr) die("event_base_new");
  evconnlistener_new(server->base, on_accept, server.get(),
                     LEV_OPT_CLOSE_ON_EXEC, 0, peer.listener);
  return event_base_dispatch(server->base);
}

}  // namespace
}  // namespace netpoll::race

int main(int argc, char** argv) {
  return netpoll::race::run_peer("race_libevent", argc, argv,
                                 netpoll::race::serve);
}
