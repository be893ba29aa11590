// SPDX-License-Identifier: Apache-2.0
//
// A very small echo server with the real one's three threads and some of its
// names, for the tests of the recorder. -DEXTRA_SEND, -DSWAPPED plant changes.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace netpoll {

struct LinkBuffer {
  std::vector<char> block = std::vector<char>(64);
  std::size_t read_ = 0;
  std::size_t written_ = 0;

  void book_ack(std::size_t n) { written_ += n; }
  std::size_t size() const { return written_ - read_; }
  std::string next(std::size_t n);
};

std::string LinkBuffer::next(std::size_t n) {
  std::string out(block.data() + read_, n);
  read_ += n;
  return out;
}

struct FdOperator {
  virtual ~FdOperator() = default;
  virtual void on_readable() = 0;
  int fd = -1;
};

struct Poller {
  int epoll = epoll_create1(0);
  void add(FdOperator& op);
  void run();
};

void Poller::add(FdOperator& op) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &op}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, op.fd, &event);
}

void Poller::run() {
  std::array<epoll_event, 8> events;
  for (;;) {
    const int n = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < n; ++i) {
      static_cast<FdOperator*>(events[i].data.ptr)->on_readable();
    }
  }
}

struct Waker : FdOperator {
  Waker() { fd = eventfd(0, EFD_NONBLOCK); }
  void ring() {
    const std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(fd, &one, sizeof one);
  }
  void on_readable() override {
    std::uint64_t count;
    [[maybe_unused]] auto n = ::read(fd, &count, sizeof count);
  }
};

struct StdSync {};

// A template that ships under the name Key; its word is shown by its bits.
template <class Sync>
struct BasicKey {
  static constexpr unsigned kHeld = 1;
  static constexpr unsigned kEverHeld = 2;
  static constexpr unsigned kUnused = 4;
  std::atomic<unsigned> state_{0};

  bool try_take();
  void give_back() { state_.fetch_and(~kHeld); }
};

template <class Sync>
bool BasicKey<Sync>::try_take() {
  return (state_.fetch_or(kHeld | kEverHeld) & kHeld) == 0;
}

template struct BasicKey<StdSync>;
using Key = BasicKey<StdSync>;

struct Connection;

struct Pool {
  std::binary_semaphore work{0};
  std::atomic<Connection*> next{nullptr};
  void go(Connection& conn);
  void worker();
};

struct Connection : FdOperator {
  Pool& pool;
  Poller& poller;
  Waker& waker;
  LinkBuffer input;
  Key key;
  Connection(int n, Pool& p, Poller& q, Waker& w)
      : pool(p), poller(q), waker(w) {
    fd = n;
  }
  void on_readable() override;
  void run_task();
  void flush(const std::string& out);
  void close();
};

void Pool::go(Connection& conn) {
  next = &conn;
  work.release();
}

void Pool::worker() {
  for (;;) {
    work.acquire();
    next.load()->run_task();
  }
}

void Connection::on_readable() {
  const ssize_t n = ::recv(fd, input.block.data() + input.written_,
                           input.block.size() - input.written_, 0);
  if (n <= 0) return close();
  input.book_ack(static_cast<std::size_t>(n));
  if (key.try_take()) pool.go(*this);
}

void Connection::run_task() {
  waker.ring();
#ifdef SWAPPED
  flush(std::string(input.block.data(), input.size()));
  input.next(input.size());
#else
  flush(input.next(input.size()));
#endif
  key.give_back();
}

void Connection::flush(const std::string& out) {
#ifdef EXTRA_SEND
  ::send(fd, out.data(), 1, MSG_NOSIGNAL);
  ::send(fd, out.data() + 1, out.size() - 1, MSG_NOSIGNAL);
#else
  ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
#endif
}

void Connection::close() {
  epoll_ctl(poller.epoll, EPOLL_CTL_DEL, fd, nullptr);
  ::close(fd);
}

struct Acceptor : FdOperator {
  Pool& pool;
  Poller& poller;
  Waker& waker;
  Acceptor(Pool& p, Poller& q, Waker& w) : pool(p), poller(q), waker(w) {}
  void on_readable() override;
};

void Acceptor::on_readable() {
  for (;;) {
    const int conn = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK);
    if (conn < 0) return;
    poller.add(*new Connection(conn, pool, poller, waker));
  }
}

}  // namespace netpoll

int main() {
  using namespace netpoll;
  Pool pool;
  Poller poller;
  Waker waker;
  Acceptor acceptor(pool, poller, waker);
  acceptor.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(acceptor.fd, reinterpret_cast<sockaddr*>(&any), sizeof any);
  listen(acceptor.fd, 8);
  socklen_t size = sizeof any;
  getsockname(acceptor.fd, reinterpret_cast<sockaddr*>(&any), &size);
  poller.add(waker);
  poller.add(acceptor);
  std::thread polling([&] { poller.run(); });
  std::thread working([&] { pool.worker(); });
  std::printf("listening on 127.0.0.1:%d\n", ntohs(any.sin_port));
  std::fflush(stdout);
  polling.join();
}
