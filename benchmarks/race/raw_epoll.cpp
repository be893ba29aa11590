// SPDX-License-Identifier: Apache-2.0
//
// The measure of the race: an epoll loop written by hand, on one thread, with
// one buffer for all connections. Nothing but the system calls is here that
// could cost time, so a library that comes close to it costs next to nothing.

#include <sys/epoll.h>

#include <cerrno>
#include <string>
#include <vector>

#include "peer.h"

namespace netpoll::race {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;

struct Client {
  int fd;
  std::string unsent;  // what the socket has not taken yet
};

class Loop {
 public:
  explicit Loop(const Peer& peer)
      : peer_(peer), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) die("epoll_create1");
    watch(EPOLL_CTL_ADD, peer_.listener, EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(),
                                     static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) die("epoll_wait");
      for (int i = 0; i < count; ++i) {
        auto* client = static_cast<Client*>(events.at(i).data.ptr);
        client == nullptr ? accept() : handle(*client, events.at(i).events);
      }
    }
  }

 private:
  void watch(int operation, int fd, std::uint32_t events, Client* client) {
    epoll_event event{.events = events, .data = {.ptr = client}};
    if (::epoll_ctl(epoll_, operation, fd, &event) != 0) die("epoll_ctl");
  }

  void accept() {
    for (;;) {
      const int fd = ::accept4(peer_.listener, nullptr, nullptr,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      set_no_delay(fd);
      watch(EPOLL_CTL_ADD, fd, EPOLLIN, new Client{fd, {}});
    }
  }

  void handle(Client& client, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) return send_rest(client);
    const ssize_t got = receive(client.fd);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return close(client);
    work(peer_.work);
    const std::size_t size = static_cast<std::size_t>(got);
    const ssize_t sent = send(client.fd, buffer_.data(), size);
    if (sent == got) return;
    if (sent < 0 && errno != EAGAIN) return close(client);
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    client.unsent.assign(buffer_.data() + done, size - done);
    watch(EPOLL_CTL_MOD, client.fd, EPOLLOUT, &client);
  }

  // While output is unsent nothing is read.
  void send_rest(Client& client) {
    std::string& rest = client.unsent;
    const ssize_t sent = send(client.fd, rest.data(), rest.size());
    if (sent < 0) return errno == EAGAIN ? void() : close(client);
    rest.erase(0, static_cast<std::size_t>(sent));
    if (rest.empty()) watch(EPOLL_CTL_MOD, client.fd, EPOLLIN, &client);
  }

  ssize_t receive(int fd) {
    return peer_.read_write ? ::read(fd, buffer_.data(), buffer_.size())
                            : ::recv(fd, buffer_.data(), buffer_.size(), 0);
  }

  ssize_t send(int fd, const char* bytes, std::size_t size) const {
    return peer_.read_write ? ::write(fd, bytes, size)
                            : ::send(fd, bytes, size, MSG_NOSIGNAL);
  }

  static void close(Client& client) {
    ::close(client.fd);  // epoll forgets it, too
    delete &client;
  }

  const Peer peer_;
  const int epoll_;
  std::vector<char> buffer_ = std::vector<char>(kBufferSize);
};

int serve(const Peer& peer) {
  Loop(peer).run();
}

}  // namespace
}  // namespace netpoll::race

int main(int argc, char** argv) {
  return netpoll::race::run_peer(
      "race_raw_epoll", argc, argv, netpoll::race::serve,
      [](CLI::App& app, netpoll::race::Peer& peer) {
        app.add_flag("--read-write", peer.read_write,
                     "read(2) and write(2), not recv(2) and send(2)");
      });
}
